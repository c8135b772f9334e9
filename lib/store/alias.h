/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Aliases, in STORE_DIRECTORY: an address of one of our domains that stands for one or more
 * others. An empty local part is the catch-all of its domain.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

#define ALIAS_TARGETS_MAX 1000

struct alias {
    struct text address; /* "local@domain", or "@domain" for the catch-all */
    const struct text *targets;
    size_t target_count;
    bool enabled;
    int64_t created;
    int64_t expires;   /* from then on it is as if switched off; 0: never */
    bool receive_only; /* nobody may send as it for being led to by it */
};

struct alias_list {
    const struct alias *items;
    size_t count;
};

/*
 * ERR_ABSENT: no such domain. ERR_EXISTS: there is such an alias. ERR_REFUSED: that is a user, or
 * its domain stands for another one.
 */
enum err alias_add(struct store *store, const struct alias *alias, int64_t now);
/* Writes enabled, expires and receive_only, and in place of the targets those that are given. */
enum err alias_update(struct store *store, const struct alias *alias);
/* Switched on, and not over. */
bool alias_is_in_force(const struct alias *alias, int64_t now);
/* Exactly this address; the catch-all is found by "@domain". */
enum err alias_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r);
enum err alias_list(
    struct store *store, struct text domain, struct arena *arena, struct alias_list *list_r);
enum err alias_delete(struct store *store, struct text address);
/* Addresses of aliases that lead to target directly, for "who may send as what". */
enum err alias_list_by_target(
    struct store *store, struct text target, struct arena *arena, struct alias_list *list_r);
