/* SPDX-License-Identifier: MIT */
#include "lib/store/route.h"

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/mailbox.h"
#include "lib/store/user.h"

/* An alias that is in force. */
static enum err find_alias(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    struct alias alias;
    enum err err = alias_find(store, address, arena, &alias);

    if (err == ERR_NONE && !alias_is_in_force(&alias, clock_wall()))
        return ERR_ABSENT;
    if (err == ERR_NONE)
        *alias_r = alias;
    return err;
}

/* The user's mailbox, or where the mail goes in its place, or besides. */
static enum err find_user(struct store *store, struct text user, struct text asked,
    struct arena *arena, struct alias *alias_r)
{
    struct forward forward;
    struct text *targets;
    enum err err = forward_find(store, user, arena, &forward);

    if (err == ERR_ABSENT)
        *alias_r = (struct alias){.address = user, .target_count = 0};
    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    targets = arena_alloc_zero(arena, forward.target_count + 1, sizeof *targets);
    targets[0] = arena_copy(arena, asked);
    memcpy(targets + 1, forward.targets, forward.target_count * sizeof *targets);
    *alias_r = (struct alias){
        .address = user,
        .targets = forward.keeps_copy ? targets : targets + 1,
        .target_count = forward.target_count + (forward.keeps_copy ? 1 : 0),
    };
    return ERR_NONE;
}

/* The alias at that place, or the user; asked: what was looked for at first. */
static enum err find_place(struct store *store, struct text place, struct text asked,
    struct arena *arena, struct alias *alias_r)
{
    enum err err = find_alias(store, place, arena, alias_r);
    struct user user;

    if (err != ERR_ABSENT || place.data[0] == '@')
        return err;
    err = user_find(store, place, arena, &user);
    return err == ERR_NONE ? find_user(store, user.address, asked, arena, alias_r) : err;
}

enum err route_find_exact(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    return find_place(store, address, address, arena, alias_r);
}

static enum err find_in_domain(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    enum err err = route_find_exact(store, address, arena, alias_r);
    struct text bare;

    if (err != ERR_ABSENT || address.data[0] == '@')
        return err;
    if (mailbox_strip_extension(address, arena, &bare))
        err = find_place(store, bare, address, arena, alias_r);
    if (err == ERR_ABSENT)
        err = find_alias(store, mailbox_catch_all(address), arena, alias_r);
    return err;
}

/* The address in the domain that its own domain stands for. ERR_ABSENT: that is no alias. */
static enum err find_twin(
    struct store *store, struct text address, struct arena *arena, struct text *twin_r)
{
    size_t at = text_find_last(address, '@');
    struct domain domain, target;
    enum err err = domain_find(store, text_skip(address, at + 1), arena, &domain);

    if (err == ERR_NONE && domain.kind != DOMAIN_ALIAS)
        return ERR_ABSENT;
    if (err == ERR_NONE)
        err = domain_find(store, domain.target, arena, &target);
    if (err == ERR_NONE && !target.enabled)
        return ERR_ABSENT;
    if (err == ERR_NONE)
        *twin_r = arena_print(
            arena, "%.*s@%.*s", TEXT_ARGS(text_head(address, at)), TEXT_ARGS(target.name));
    return err;
}

enum err route_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    enum err err = find_in_domain(store, address, arena, alias_r);
    struct alias there;
    struct text *twin;

    if (err != ERR_ABSENT || address.data[0] == '@')
        return err;
    twin = arena_alloc_zero(arena, 1, sizeof *twin);
    err = find_twin(store, address, arena, twin);
    if (err == ERR_NONE)
        err = find_in_domain(store, *twin, arena, &there);
    if (err == ERR_NONE)
        *alias_r = (struct alias){.address = address, .targets = twin, .target_count = 1};
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
