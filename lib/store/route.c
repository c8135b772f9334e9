/* SPDX-License-Identifier: MIT */
#include "lib/store/route.h"

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/mailbox.h"
#include "lib/store/route-sources.h"
#include "lib/store/user.h"

/* One address that is looked for. */
struct quest {
    struct store *store;
    struct arena *arena;
    struct text asked;
    bool may_come_back; /* what leads back to the address is an answer like any other */
};

static enum err leads_back(const struct quest *quest, const struct text *targets, size_t count);

/* An alias that is in force. */
static enum err find_alias(const struct quest *quest, struct text place, struct alias *alias_r)
{
    struct alias alias;
    enum err err = alias_find(quest->store, place, quest->arena, &alias);

    if (err == ERR_NONE && !alias_is_in_force(&alias, clock_wall()))
        return ERR_ABSENT;
    if (err == ERR_NONE && !text_equals(place, quest->asked)) {
        err = leads_back(quest, alias.targets, alias.target_count);
        if (err != ERR_ABSENT)
            return err == ERR_NONE ? ERR_ABSENT : err;
        err = ERR_NONE;
    }
    if (err == ERR_NONE)
        *alias_r = alias;
    return err;
}

/* ERR_ABSENT: mail to that address stays in the user's mailbox. */
static enum err find_forward(const struct quest *quest, struct text user, struct forward *forward_r)
{
    struct forward forward = {.target_count = 0};
    enum err err = forward_find(quest->store, user, quest->arena, &forward);

    if (err == ERR_NONE && !text_equals(user, quest->asked)) {
        err = leads_back(quest, forward.targets, forward.target_count);
        if (err != ERR_ABSENT)
            return err == ERR_NONE ? ERR_ABSENT : err;
        err = ERR_NONE;
    }
    if (err == ERR_NONE)
        *forward_r = forward;
    return err;
}

/* The user's mailbox, or where the mail goes in its place, or besides. */
static enum err find_user(const struct quest *quest, struct text user, struct alias *alias_r)
{
    struct forward forward;
    struct text *targets;
    enum err err = find_forward(quest, user, &forward);

    if (err == ERR_ABSENT)
        *alias_r = (struct alias){.address = user, .target_count = 0};
    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    targets = arena_alloc_zero(quest->arena, forward.target_count + 1, sizeof *targets);
    targets[0] = arena_copy(quest->arena, quest->asked);
    memcpy(targets + 1, forward.targets, forward.target_count * sizeof *targets);
    *alias_r = (struct alias){
        .address = user,
        .targets = forward.keeps_copy ? targets : targets + 1,
        .target_count = forward.target_count + (forward.keeps_copy ? 1 : 0),
    };
    return ERR_NONE;
}

/* The alias at that place, or the user. */
static enum err find_place(const struct quest *quest, struct text place, struct alias *alias_r)
{
    enum err err = find_alias(quest, place, alias_r);
    struct user user;

    if (err != ERR_ABSENT || place.data[0] == '@')
        return err;
    err = user_find(quest->store, place, quest->arena, &user);
    return err == ERR_NONE ? find_user(quest, user.address, alias_r) : err;
}

enum err route_find_exact(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    const struct quest quest = {store, arena, address, true};

    return find_place(&quest, address, alias_r);
}

static enum err find_in_domain(const struct quest *quest, struct alias *alias_r)
{
    enum err err = find_place(quest, quest->asked, alias_r);
    struct text bare;

    if (err != ERR_ABSENT || quest->asked.data[0] == '@')
        return err;
    if (mailbox_strip_extension(quest->asked, store_delimiter(quest->store), quest->arena, &bare))
        err = find_place(quest, bare, alias_r);
    if (err == ERR_ABSENT)
        err = find_alias(quest, mailbox_catch_all(quest->asked), alias_r);
    return err;
}

/* The address in the domain that its own domain stands for. ERR_ABSENT: that is no alias. */
static enum err find_twin(const struct quest *quest, struct text *twin_r)
{
    struct text address = quest->asked;
    size_t at = text_find_last(address, '@');
    struct domain domain, target;
    enum err err = domain_find(quest->store, text_skip(address, at + 1), quest->arena, &domain);

    if (err == ERR_NONE && domain.kind != DOMAIN_ALIAS)
        return ERR_ABSENT;
    if (err == ERR_NONE)
        err = domain_find(quest->store, domain.target, quest->arena, &target);
    if (err == ERR_NONE && !target.enabled)
        return ERR_ABSENT;
    if (err == ERR_NONE)
        *twin_r = arena_print(
            quest->arena, "%.*s@%.*s", TEXT_ARGS(text_head(address, at)), TEXT_ARGS(target.name));
    return err;
}

static enum err find(const struct quest *quest, struct alias *alias_r)
{
    enum err err = find_in_domain(quest, alias_r);
    struct quest other = *quest;
    struct alias there;
    struct text *twin;

    if (err != ERR_ABSENT || quest->asked.data[0] == '@')
        return err;
    twin = arena_alloc_zero(quest->arena, 1, sizeof *twin);
    err = find_twin(quest, twin);
    other.asked = *twin;
    if (err == ERR_NONE)
        err = find_in_domain(&other, &there);
    if (err == ERR_NONE)
        *alias_r = (struct alias){.address = quest->asked, .targets = twin, .target_count = 1};
    return err;
}

enum err route_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    const struct quest quest = {store, arena, address, false};

    return find(&quest, alias_r);
}

static bool is_role(struct text local_part)
{
    return text_equals(local_part, TEXT("postmaster")) || text_equals(local_part, TEXT("abuse"));
}

static enum err find_role(const struct quest *quest, struct text receiver, struct alias *alias_r)
{
    size_t at = text_find_last(quest->asked, '@');
    struct domain domain;
    struct text *target;
    enum err err;

    if (text_is_empty(receiver) || !is_role(text_head(quest->asked, at)) ||
        text_equals_nocase(receiver, quest->asked))
        return ERR_ABSENT;
    err = domain_find(quest->store, text_skip(quest->asked, at + 1), quest->arena, &domain);
    if (err != ERR_NONE || domain.kind == DOMAIN_RELAY)
        return err == ERR_NONE ? ERR_ABSENT : err;
    err = leads_back(quest, &receiver, 1);
    if (err != ERR_ABSENT)
        return err == ERR_NONE ? ERR_ABSENT : err;
    target = arena_alloc_zero(quest->arena, 1, sizeof *target);
    *target = arena_copy(quest->arena, receiver);
    *alias_r = (struct alias){.address = quest->asked, .targets = target, .target_count = 1};
    return ERR_NONE;
}

enum err route_find_or_role(struct store *store, struct text receiver, struct text address,
    struct arena *arena, struct alias *alias_r)
{
    const struct quest quest = {store, arena, address, false};
    enum err err = find(&quest, alias_r);

    return err == ERR_ABSENT ? find_role(&quest, receiver, alias_r) : err;
}

enum err route_find_plain(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    const struct quest quest = {store, arena, address, true};

    return find(&quest, alias_r);
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

static enum err add_targets(struct route_walk *walk, const struct text *targets, size_t count)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = add_address(walk, targets[i]);
    return err;
}

/* ERR_NONE: it lies outside. ERR_ABSENT: it does not; where it leads to is to be looked at. */
static enum err take_step(struct route_walk *walk, struct text address)
{
    struct alias alias = {.target_count = 0};
    struct text domain = text_skip(address, text_find_last(address, '@') + 1);
    enum err err = route_is_local(walk->store, walk->rules, domain, walk->arena);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    err = route_find_or_role(walk->store, walk->rules->role_receiver, address, walk->arena, &alias);
    if (err == ERR_NONE)
        err = add_targets(walk, alias.targets, alias.target_count);
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

/* --- back again --- */

static enum err walk_back(struct route_walk *walk, struct text asked)
{
    enum err err = ERR_ABSENT;

    while (err == ERR_ABSENT && walk->at < walk->ahead.count) {
        struct text at = walk->ahead.items[walk->at++];
        struct alias alias = {.target_count = 0};

        if (text_equals(at, asked))
            return ERR_NONE;
        err = route_find_plain(walk->store, at, walk->arena, &alias);
        if (err == ERR_NONE)
            err = add_targets(walk, alias.targets, alias.target_count);
        if (err == ERR_NONE)
            err = ERR_ABSENT;
    }
    return err;
}

/*
 * ERR_NONE: the targets of a place that takes the mail of the asked address lead to that very
 * address again. ERR_ABSENT: they do not, or it is not asked. Strangers choose what is asked for:
 * no way is walked where nothing has such a target.
 */
static enum err leads_back(const struct quest *quest, const struct text *targets, size_t count)
{
    struct route_walk *walk;
    enum err err;

    if (quest->may_come_back)
        return ERR_ABSENT;
    err = route_sources_exist(quest->store, quest->asked);
    if (err != ERR_NONE)
        return err;
    walk = route_walk_new(quest->store, NULL);
    err = add_targets(walk, targets, count);
    if (err == ERR_NONE)
        err = walk_back(walk, quest->asked);
    route_walk_free(&walk);
    return err == ERR_LIMIT ? ERR_ABSENT : err;
}
