/* SPDX-License-Identifier: MIT */
#pragma once

/* What the command line says about an alias, for alias add and alias set. */

#include "lib/store/alias.h"
#include "mailctl/command.h"
#include "mailctl/mailbox-argument.h"

/* For the option tables. */
#define ALIAS_OPTIONS                                                                              \
    {"expires", "WHEN", "until when: 2027-01-31, 30d, 12h; or never"},                             \
        {"receive-only", NULL, "nobody may send as it because it leads to them"},                  \
        {"may-send", NULL, "those whom it leads to may send as it, which is the default"},         \
        {"enable", NULL, "mail to it is taken"},                                                   \
    {                                                                                              \
        "disable", NULL, "it is as if it were not there"                                           \
    }

/* The first argument. Complains; returns the exit status. */
int alias_options_address(struct invocation *invocation, struct mailbox_argument *mailbox_r);
/* Puts what the options say into the alias and leaves the rest. Complains as above. */
int alias_options_read(struct invocation *invocation, struct alias *alias);
/* True where any of them is given. */
bool alias_options_are_given(const struct invocation *invocation);
/*
 * The arguments behind the first as targets of the alias, whose address is there already.
 * Complains, and ends the store's transaction.
 */
int alias_options_targets(struct invocation *invocation, struct store *store, struct alias *alias);
