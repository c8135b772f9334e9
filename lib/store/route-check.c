/* SPDX-License-Identifier: MIT */
#include "lib/store/route-check.h"

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/store/alias.h"
#include "lib/store/mailbox.h"
#include "lib/store/route-sources.h"
#include "lib/store/route.h"

#define NO_STEP ((size_t)-1)

struct step {
    struct text address;
    size_t from; /* the step before it, or NO_STEP */
    size_t depth;
};

/* Addresses in the order of their distance. */
struct walk {
    struct store *store;
    struct arena *arena;
    struct text start;
    struct map *seen;
    ARRAY(struct step) ahead;
};

static void walk_init(
    struct walk *walk, struct store *store, struct text start, struct arena *arena)
{
    *walk = (struct walk){.store = store, .arena = arena, .start = start, .seen = map_new()};
}

static void walk_done(struct walk *walk)
{
    array_done(&walk->ahead);
    map_free(&walk->seen);
}

static enum err add_step(struct walk *walk, struct text address, size_t from, size_t depth)
{
    if (map_count(walk->seen) >= ROUTE_ADDRESSES_MAX)
        return ERR_LIMIT;
    if (map_put(walk->seen, address, walk) == NULL)
        array_push(&walk->ahead, (struct step){address, from, depth});
    return ERR_NONE;
}

/* --- down: where it leads --- */

/* "a@example.org -> b@example.org -> c@example.org": from the start to that step. */
static struct text tell_down(const struct walk *walk, size_t at)
{
    struct text way = TEXT("");

    for (; at != NO_STEP; at = walk->ahead.items[at].from)
        way = arena_print(
            walk->arena, " -> %.*s%.*s", TEXT_ARGS(walk->ahead.items[at].address), TEXT_ARGS(way));
    return arena_print(walk->arena, "%.*s%.*s", TEXT_ARGS(walk->start), TEXT_ARGS(way));
}

static struct text tell_circle(const struct walk *walk, size_t at)
{
    struct text way = tell_down(walk, at);

    if (text_equals(walk->ahead.items[at].address, walk->start))
        return way;
    return arena_print(walk->arena, "%.*s -> %.*s", TEXT_ARGS(way), TEXT_ARGS(walk->start));
}

/* Targets of other sites may be written in any case, and become ours later. */
static enum err add_targets(
    struct walk *walk, const struct alias *alias, struct text address, size_t from, size_t depth)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < alias->target_count; i++) {
        char *lower = arena_copy_string(walk->arena, alias->targets[i]);
        struct text target = {lower, alias->targets[i].len};

        text_lower_bytes(lower, target.len);
        if (!text_equals(target, address)) /* the copy that a mailbox keeps */
            err = add_step(walk, target, from, depth + 1);
    }
    return err;
}

static enum err step_down(struct walk *walk, size_t at, struct route_fault *fault)
{
    struct step step = walk->ahead.items[at];
    struct alias next = {.target_count = 0};
    enum err err = route_find_plain(walk->store, step.address, walk->arena, &next);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    if (text_equals(next.address, walk->start))
        *fault = (struct route_fault){ROUTE_CIRCLE, tell_circle(walk, at)};
    else if (next.target_count != 0)
        err = add_targets(walk, &next, step.address, at, step.depth);
    return err;
}

/* *depth_r: of the farthest. */
static enum err walk_down(struct walk *walk, size_t *depth_r, struct route_fault *fault)
{
    struct alias first = {.target_count = 0};
    enum err err = route_find_plain(walk->store, walk->start, walk->arena, &first);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    walk->start = first.address;
    err = add_targets(walk, &first, walk->start, NO_STEP, 0);
    for (size_t i = 0; err == ERR_NONE && fault->kind == ROUTE_SOUND && i < walk->ahead.count;
         i++) {
        *depth_r = walk->ahead.items[i].depth;
        if (*depth_r > ROUTE_DEPTH_MAX)
            *fault = (struct route_fault){ROUTE_DEEP, tell_down(walk, i)};
        else
            err = step_down(walk, i, fault);
    }
    return err;
}

/* --- up: what leads to it --- */

static struct text tell_up(const struct walk *walk, size_t at)
{
    struct text way = TEXT("");

    for (; at != NO_STEP; at = walk->ahead.items[at].from)
        way = arena_print(
            walk->arena, "%.*s%.*s -> ", TEXT_ARGS(way), TEXT_ARGS(walk->ahead.items[at].address));
    return arena_print(walk->arena, "%.*s%.*s", TEXT_ARGS(way), TEXT_ARGS(walk->start));
}

/* A domain that stands for another one is a step more. */
static enum err step_up(struct walk *walk, struct text address, size_t at_step, size_t depth)
{
    size_t at = text_find_last(address, '@');
    struct route_source_list list = {NULL, 0};
    enum err err;

    if (at == 0) /* a catch-all is nobody's target */
        return ERR_NONE;
    err = route_sources_find(walk->store, address, walk->arena, &list);
    for (size_t i = 0; err == ERR_NONE && i < list.count; i++) {
        struct text domain = mailbox_catch_all(list.items[i].target);
        bool is_direct = text_equals(domain, text_skip(address, at));

        err = add_step(walk, list.items[i].address, at_step, depth + (is_direct ? 1 : 2));
    }
    return err;
}

/*
 * The first that is farther than max away, among as many as are looked at: who has thousands of
 * aliases can be changed, too, and a circle is found on the way down.
 */
static enum err walk_up(struct walk *walk, size_t max, struct route_fault *fault)
{
    enum err err;

    map_put(walk->seen, walk->start, walk); /* as far as zero steps, however it is come back to */
    err = step_up(walk, walk->start, NO_STEP, 0);

    for (size_t i = 0; err == ERR_NONE && fault->kind == ROUTE_SOUND && i < walk->ahead.count;
         i++) {
        struct step step = walk->ahead.items[i];

        if (step.depth > max)
            *fault = (struct route_fault){ROUTE_DEEP, tell_up(walk, i)};
        else
            err = step_up(walk, step.address, i, step.depth);
    }
    return err == ERR_LIMIT ? ERR_NONE : err;
}

enum err route_check(
    struct store *store, struct text address, struct arena *arena, struct route_fault *fault_r)
{
    struct route_fault fault = {ROUTE_SOUND, TEXT_NONE};
    struct walk down, up;
    size_t depth = 0;
    enum err err;

    walk_init(&down, store, address, arena);
    walk_init(&up, store, address, arena);
    err = walk_down(&down, &depth, &fault);
    if (err == ERR_NONE && fault.kind == ROUTE_SOUND)
        err = walk_up(&up, ROUTE_DEPTH_MAX - depth, &fault);
    walk_done(&down);
    walk_done(&up);
    if (err == ERR_NONE)
        *fault_r = fault;
    return err;
}
