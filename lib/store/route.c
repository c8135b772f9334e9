/* SPDX-License-Identifier: MIT */
#include "lib/store/route.h"

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/user.h"

/* An alias that is switched on. */
static enum err find_alias(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    struct alias alias;
    enum err err = alias_find(store, address, arena, &alias);

    if (err == ERR_NONE && !alias.enabled)
        return ERR_ABSENT;
    if (err == ERR_NONE)
        *alias_r = alias;
    return err;
}

/* Its alias, or the user whose address it is. */
static enum err find_place(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    enum err err = find_alias(store, address, arena, alias_r);
    struct user user;

    if (err != ERR_ABSENT || address.data[0] == '@')
        return err;
    err = user_find(store, address, arena, &user);
    if (err == ERR_NONE)
        *alias_r = (struct alias){.address = user.address, .target_count = 0};
    return err;
}

enum err route_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    enum err err = find_place(store, address, arena, alias_r);
    struct text bare;

    if (err != ERR_ABSENT || address.data[0] == '@')
        return err;
    if (mailbox_strip_extension(address, arena, &bare))
        err = find_place(store, bare, arena, alias_r);
    if (err == ERR_ABSENT)
        err = find_alias(store, mailbox_catch_all(address), arena, alias_r);
    return err;
}

enum err route_is_local(
    struct store *store, const struct route_rules *rules, struct text domain, struct arena *arena)
{
    struct domain found;
    enum err err;

    for (size_t i = 0; i < rules->local_domain_count; i++)
        if (text_equals_nocase(rules->local_domains[i], domain))
            return ERR_NONE;
    err = domain_find(store, domain, arena, &found);
    return err == ERR_NONE && !found.enabled ? ERR_ABSENT : err;
}

/* --- over aliases --- */

struct route_walk {
    struct store *store;
    const struct route_rules *rules;
    struct arena *arena; /* of its own: rows of the database need not stay as long as a message */
    struct map *seen;
    ARRAY(struct text) ahead;
    size_t at; /* of ahead; what stands before it was looked at */
};

struct route_walk *route_walk_new(struct store *store, const struct route_rules *rules)
{
    struct route_walk *walk = memory_alloc_zero(1, sizeof *walk);

    walk->store = store;
    walk->rules = rules;
    walk->arena = arena_new();
    walk->seen = map_new();
    return walk;
}

void route_walk_free(struct route_walk **walk)
{
    if (*walk == NULL)
        return;
    array_done(&(*walk)->ahead);
    map_free(&(*walk)->seen);
    arena_free(&(*walk)->arena);
    memory_free(walk);
}

/* Targets of other sites may be written in any case. */
static enum err add_address(struct route_walk *walk, struct text address)
{
    char *lower = arena_copy_string(walk->arena, address);
    struct text folded = {lower, address.len};

    text_lower_bytes(lower, address.len);
    if (map_get(walk->seen, folded) != NULL)
        return ERR_NONE;
    if (map_count(walk->seen) == ROUTE_ADDRESSES_MAX)
        return ERR_LIMIT;
    map_put(walk->seen, folded, walk);
    array_push(&walk->ahead, folded);
    return ERR_NONE;
}

/* ERR_NONE: it lies outside. ERR_ABSENT: it does not; where it leads to is to be looked at. */
static enum err take_step(struct route_walk *walk, struct text address)
{
    struct alias alias = {.target_count = 0};
    struct text domain = text_skip(address, text_find_last(address, '@') + 1);
    enum err err = route_is_local(walk->store, walk->rules, domain, walk->arena);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    err = route_find(walk->store, address, walk->arena, &alias);
    for (size_t i = 0; err == ERR_NONE && i < alias.target_count; i++)
        err = add_address(walk, alias.targets[i]);
    return err == ERR_NONE ? ERR_ABSENT : err;
}

enum err route_walk_outside(struct route_walk *walk, struct text address, struct text *target_r)
{
    enum err err = add_address(walk, address);

    if (err == ERR_NONE)
        err = ERR_ABSENT;
    while (err == ERR_ABSENT && walk->at < walk->ahead.count) {
        struct text at = walk->ahead.items[walk->at++];

        err = take_step(walk, at);
        if (err == ERR_NONE)
            *target_r = at;
    }
    return err;
}
