/* SPDX-License-Identifier: MIT */
#pragma once

/* The author of a message: its From field as DMARC sees it (RFC 9989 §5.3.1). Pure, any thread. */

#include "lib/mailauth/mailauth.h"

struct mailauth_author {
    enum mailauth_from from;
    struct text domain;  /* normalized; empty unless MAILAUTH_FROM_ONE */
    struct text address; /* the first one, for logs; empty where there is none */
};

/* from_count: From fields that the message came with, those kept and those over its limits. */
struct mailauth_author mailauth_author_find(
    const struct message *message, size_t from_count, struct arena *arena);
