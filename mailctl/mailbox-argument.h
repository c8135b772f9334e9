/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Addresses as an administrator types them, brought to the form of the directory: the domain
 * normalized (dns/name.h), the local part in lower case. Local parts of ours are letters, digits
 * and a few signs, with single dots between: no quotes, nothing that means something in a path,
 * a pattern or a route, no letters beyond ASCII. Pure functions.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/text.h"

/* What is looked at before anything else: longer ones are refused unread. */
#define MAILBOX_ARGUMENT_MAX 1024

enum mailbox_kind {
    MAILBOX_USER,  /* local@domain */
    MAILBOX_ALIAS, /* the same, or @domain, or *@domain: all of it, which is "@domain" */
    MAILBOX_TARGET /* of an alias: anybody's address; its local part keeps its case */
};

struct mailbox_argument {
    struct text address, local_part, domain;
};

/* ERR_SYNTAX, ERR_RANGE: *failure says what is wrong with it and what was expected. */
enum err mailbox_argument_parse(struct text text, enum mailbox_kind kind, struct arena *arena,
    struct mailbox_argument *mailbox_r, struct failure *failure);
/* A target turned out to be of a domain of ours: its local part goes to lower case. */
void mailbox_argument_lower(struct mailbox_argument *mailbox, struct arena *arena);
