/* SPDX-License-Identifier: MIT */
#pragma once

/* Mail domains of this site, in STORE_DIRECTORY. Names are normalized (dns/name.h) by the caller.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct domain {
    struct text name;
    bool enabled;
    int64_t created; /* seconds since the epoch */
};

struct domain_list {
    const struct domain *items; /* sorted by name */
    size_t count;
};

enum err domain_add(struct store *store, struct text name, int64_t now);
enum err domain_find(
    struct store *store, struct text name, struct arena *arena, struct domain *domain_r);
/* The nearest that the name is, or lies below. ERR_ABSENT. */
enum err domain_find_above(
    struct store *store, struct text name, struct arena *arena, struct text *domain_r);
enum err domain_list(struct store *store, struct arena *arena, struct domain_list *list_r);
/* ERR_REFUSED while users or aliases are in it, unless with_content. */
enum err domain_delete(struct store *store, struct text name, bool with_content);
