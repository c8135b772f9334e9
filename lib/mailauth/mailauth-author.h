/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The author of a message: its From field as DMARC sees it (RFC 9989 §5.3.1, 11.5). Pure, any
 * thread.
 *
 * Mail programs show something for nearly every From field, so one that is no address list does
 * not make its domains go away: what it still shows of addresses is found, and each domain's
 * policy gets its say.
 */

#include "lib/mailauth/mailauth.h"

struct mailauth_author {
    enum mailauth_from from;
    struct text domains[MAILAUTH_AUTHORS_MAX]; /* normalized, each once */
    size_t domain_count;                       /* one for MAILAUTH_FROM_ONE */
    struct text address; /* the first one, for logs; empty where there is none */
};

/* from_count: From fields that the message came with, those kept and those over its limits. */
struct mailauth_author mailauth_author_find(
    const struct message *message, size_t from_count, struct arena *arena);
