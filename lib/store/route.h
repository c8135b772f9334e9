/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where mail to an address goes, in STORE_DIRECTORY: what gatepost-authd answers Postfix, and what
 * the milter asks to know whether a message is forwarded. Addresses are in the form of the
 * directory: local part in lower case, domain normalized.
 */

#include "lib/base/arena.h"
#include "lib/store/alias.h"
#include "lib/store/store.h"

/* Addresses that one address may lead to, as Postfix's virtual_alias_expansion_limit. */
#define ROUTE_ADDRESSES_MAX 1000

/*
 * What stands for an address of a domain of ours: its alias, where it is switched on; the address
 * itself where it is a user's; both also without its extension; and last the catch-all of its
 * domain. *alias_r has no targets where it is the mailbox of a user. "@domain" is looked for
 * exactly. ERR_ABSENT: nobody.
 */
enum err route_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r);

struct route_rules {
    const struct text *local_domains; /* beside those of the directory: this host's own names */
    size_t local_domain_count;
};

/* ERR_NONE: mail to that domain stays here, as one of ours that is switched on. ERR_ABSENT. */
enum err route_is_local(
    struct store *store, const struct route_rules *rules, struct text domain, struct arena *arena);

/*
 * The first address elsewhere that mail to one of ours leads to, over aliases; or that itself.
 * ERR_ABSENT: all of it stays.
 */
enum err route_find_outside(struct store *store, const struct route_rules *rules,
    struct text address, struct arena *arena, struct text *target_r);
