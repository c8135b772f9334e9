/* SPDX-License-Identifier: MIT */
#include "lib/store/route-check.h"

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/store/alias.h"
#include "lib/store/mailbox.h"
#include "lib/store/route-sources.h"
#include "lib/store/route.h"

struct step {
    struct text address;
    struct text from;
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

static enum err add_step(struct walk *walk, struct text address, struct text from, size_t depth)
{
    if (map_count(walk->seen) >= ROUTE_ADDRESSES_MAX)
        return ERR_LIMIT;
    if (map_put(walk->seen, address, walk) == NULL)
        array_push(&walk->ahead, (struct step){address, from, depth});
    return ERR_NONE;
}

/* --- down: where it leads --- */

static enum err add_targets(
    struct walk *walk, const struct alias *alias, struct text from, size_t depth)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < alias->target_count; i++)
        if (!text_equals(alias->targets[i], from)) /* the copy that a mailbox keeps */
            err = add_step(walk, alias->targets[i], from, depth + 1);
    return err;
}

/* Targets of other sites may be written in any case, and are then nobody's here. */
static enum err step_down(struct walk *walk, const struct step *step, struct route_fault *fault)
{
    struct alias next = {.target_count = 0};
    enum err err = route_find(walk->store, step->address, walk->arena, &next);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    if (text_equals(next.address, walk->start))
        *fault = (struct route_fault){ROUTE_CIRCLE, step->from, step->address};
    else if (next.target_count != 0)
        err = add_targets(walk, &next, step->address, step->depth);
    return err;
}

/* *depth_r: of the farthest. */
static enum err walk_down(struct walk *walk, size_t *depth_r, struct route_fault *fault)
{
    struct alias first = {.target_count = 0};
    enum err err = route_find(walk->store, walk->start, walk->arena, &first);

    if (err == ERR_NONE)
        err = add_targets(walk, &first, walk->start, 0);
    for (size_t i = 0; err == ERR_NONE && fault->kind == ROUTE_SOUND && i < walk->ahead.count;
         i++) {
        struct step step = walk->ahead.items[i];

        *depth_r = step.depth;
        if (step.depth > ROUTE_DEPTH_MAX)
            *fault = (struct route_fault){ROUTE_DEEP, step.from, step.address};
        else
            err = step_down(walk, &step, fault);
    }
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* --- up: what leads to it --- */

/* A domain that stands for another one is a step more. */
static enum err step_up(struct walk *walk, struct text address, size_t depth)
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

        err = add_step(walk, list.items[i].address, address, depth + (is_direct ? 1 : 2));
    }
    return err;
}

/* The first that is farther than max away. */
static enum err walk_up(struct walk *walk, size_t max, struct route_fault *fault)
{
    enum err err;

    map_put(walk->seen, walk->start, walk); /* as far as zero steps, however it is come back to */
    err = step_up(walk, walk->start, 0);

    for (size_t i = 0; err == ERR_NONE && fault->kind == ROUTE_SOUND && i < walk->ahead.count;
         i++) {
        struct step step = walk->ahead.items[i];

        if (step.depth > max)
            *fault = (struct route_fault){ROUTE_DEEP, step.address, step.from};
        else
            err = step_up(walk, step.address, step.depth);
    }
    return err;
}

enum err route_check(
    struct store *store, struct text address, struct arena *arena, struct route_fault *fault_r)
{
    struct route_fault fault = {ROUTE_SOUND, TEXT_NONE, TEXT_NONE};
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
