/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What leads to an address, in STORE_DIRECTORY: route.h the other way round, one step. An alias or
 * a user's forward leads to the place of an address (an alias, a user, the catch-all of a domain)
 * by a target that is that address, or the same with an extension that nobody has as an own
 * address, in its domain or in one that is an alias of it; and to a catch-all by whatever nobody
 * else takes. Whether anybody has the address, yet or still, does not matter, and neither does
 * whether the source is switched on. Addresses are in the form of the directory.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct route_source {
    struct text address; /* of the alias, or of the user whose mail is forwarded */
    struct text target;  /* by which it leads there */
    bool is_user;
};

struct route_source_list {
    const struct route_source *items; /* aliases first; sorted by domain, address, target */
    size_t count;
};

/* To an address, or to a catch-all, "@domain", which looks through all targets in its domain. */
enum err route_sources_find(
    struct store *store, struct text place, struct arena *arena, struct route_source_list *list_r);
/*
 * ERR_NONE: something has that very address as a target, in any case of letters, or the same
 * address in a domain that is an alias of its domain. ERR_ABSENT: then no way leads to it. One
 * statement, by an index.
 */
enum err route_sources_exist(struct store *store, struct text address);
/* From other domains to any address of that one; looks through all targets. */
enum err route_sources_find_domain(
    struct store *store, struct text domain, struct arena *arena, struct route_source_list *list_r);
/*
 * To addresses of that domain, where it is an alias of another one, and of the domains that are
 * aliases of it: what leads elsewhere once the domain is switched on or changes its kind.
 */
enum err route_sources_find_twins(
    struct store *store, struct text domain, struct arena *arena, struct route_source_list *list_r);
/*
 * Takes the targets of the list out, wherever they are. Aliases that have no other are deleted; a
 * user who has no other gets the mail.
 */
enum err route_sources_drop(struct store *store, const struct route_source_list *list);
