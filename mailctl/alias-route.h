/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where aliases lead, for those that change what they lead to. An address of ours leads where
 * gatepost-authd would send it: to its alias, or its user, both also without a "+extension", or
 * where the catch-all of its domain does. Mail for a target that is none of these comes back, and
 * aliases that lead back to themselves deliver to nobody.
 */

#include "lib/store/alias.h"
#include "mailctl/invocation.h"

#define ALIAS_ROUTE_OPTION                                                                         \
    {                                                                                              \
        "aliases", "delete|keep", "take it out of those that lead there, or keep them"             \
    }

/*
 * An alias that stands in the store already, in a transaction: refused (EX_DATAERR) where it leads
 * back to itself; a warning for each target of ours that nobody has. Returns the exit status.
 */
int alias_route_check(
    struct invocation *invocation, struct store *store, const struct alias *alias);

/*
 * What goes is the target of other aliases: an address, or "@domain" for all of a domain. Without
 * --aliases that is refused (EX_DATAERR) with their names. To be asked before the question.
 */
int alias_route_need_choice(struct invocation *invocation, struct store *store, struct text target);
/* Does what --aliases says, within the transaction that deletes the target. */
int alias_route_release(struct invocation *invocation, struct store *store, struct text target);
