/* SPDX-License-Identifier: MIT */
#pragma once

/* What the command line says about where a user's mail goes, for user set. */

#include "lib/store/forward.h"
#include "lib/store/user.h"
#include "mailctl/command.h"

/* For the option tables. */
#define FORWARD_OPTIONS                                                                            \
    {"forward-to", "ADDRESS",                                                                      \
        "where mail goes; several times for several; in place of all others"},                     \
        {"keep-copy", NULL, "the box gets the mail, too, which is the default"},                   \
        {"no-copy", NULL, "it does not"},                                                          \
    {                                                                                              \
        "no-forward", NULL, "mail goes into the box alone"                                         \
    }

/* True where any of them is given. */
bool forward_options_are_given(const struct invocation *invocation);
/*
 * Does what they say, in the store's transaction, which ends where that fails. Complains; returns
 * the exit status.
 */
int forward_options_apply(
    struct invocation *invocation, struct store *store, const struct user *user);
