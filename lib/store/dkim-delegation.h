/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Domains whose DKIM keys stand in a zone of the operator's own, in STORE_KEYS: the domain's zone
 * leads there by aliases (RFC 6376 §3.6.2.1, RFC 1034 §3.6.2), which are entered once. So there is
 * a fixed set of names for the keys, two of each kind that take turns: while one signs, the other
 * is free for the key to come, or still holds the one before. Domains and zones are normalized
 * (dns/name.h) by the caller.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

#define DKIM_DELEGATION_NAMES 2 /* of each kind of keys */

/* Empty: the keys stand in the domain's own zone. */
enum err dkim_delegation_find(
    struct store *store, struct text domain, struct arena *arena, struct text *zone_r);
/* zone empty: in its own, from now on. */
enum err dkim_delegation_set(struct store *store, struct text domain, struct text zone);

/* "s1r", "s2r" for "rsa", "s1e", "s2e" for "ed25519"; number from 0. */
struct text dkim_delegation_selector(struct text algorithm, size_t number);
/* Whether it is one of them. */
bool dkim_delegation_has(struct text selector);
/*
 * "SELECTOR._domainkey.DOMAIN.ZONE": where the alias of that name leads. The owner is
 * "SELECTOR._domainkey.DOMAIN".
 */
struct text dkim_delegation_target(struct text owner, struct text zone, struct arena *arena);
