/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where aliases lead, for those that change what they lead to. An address of ours leads where
 * gatepost-authd would send it: to its alias, or its user, both also without a "+extension", or
 * where the catch-all of its domain does. Mail for a target that is none of these comes back, and
 * aliases that lead back to themselves deliver to nobody.
 */

#include "lib/store/alias.h"
#include "lib/store/route-sources.h"
#include "mailctl/invocation.h"

#define ALIAS_ROUTE_OPTION                                                                         \
    {                                                                                              \
        "aliases", "delete|keep",                                                                  \
            "take it out of aliases and forwards that lead there, or keep them"                    \
    }

/*
 * An alias, or a user whose mail is forwarded, that stands in the store already, in a transaction:
 * refused (EX_DATAERR) where it leads back to itself or too far (route-check.h); a warning for
 * each of its targets of ours that nobody has. Returns the exit status.
 */
int alias_route_check(struct invocation *invocation, struct store *store, struct text address,
    const struct text *targets, size_t count);

/*
 * The same of an address that is nobody's own any more: its alias, or its user, is deleted, or the
 * alias switched off, and what leads there leads to the catch-all now.
 */
int alias_route_check_without(
    struct invocation *invocation, struct store *store, struct text address);

/*
 * What goes is the target of aliases or forwards: an address, "@domain" for the catch-all, or
 * "domain" for all of a domain.
 *
 * What leads there, and would lead elsewhere or to nobody.
 */
enum err alias_route_sources(
    struct store *store, struct text target, struct arena *arena, struct route_source_list *list_r);
/* Without --aliases that is refused (EX_DATAERR) with names. To be asked before the question. */
int alias_route_need_choice(struct invocation *invocation, struct store *store, struct text target);
/* Does what --aliases says, within the transaction that deletes the target. */
int alias_route_release(struct invocation *invocation, struct store *store, struct text target);
