/* SPDX-License-Identifier: MIT */
#include "mailctl/alias-route.h"

#include <sysexits.h>

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/user.h"
#include "mailctl/directory.h"

/* A longer list of names is cut in a message. */
#define NAMED_MAX 8
/* Addresses that one alias may lead to, over all aliases between. */
#define ADDRESSES_MAX 10000

enum route {
    ROUTE_OUTSIDE, /* not of our domains */
    ROUTE_USER,
    ROUTE_ALIAS,
    ROUTE_NOWHERE
};

/* --- one step --- */

static enum err find_place(struct store *store, struct text address, struct arena *arena,
    enum route *route_r, struct alias *alias_r)
{
    struct user user;
    enum err err = alias_find(store, address, arena, alias_r);

    *route_r = ROUTE_ALIAS;
    if (err != ERR_ABSENT || address.data[0] == '@')
        return err;
    *route_r = ROUTE_USER;
    return user_find(store, address, arena, &user);
}

static enum err find_route(struct store *store, struct text address, struct arena *arena,
    enum route *route_r, struct alias *alias_r)
{
    size_t at = text_find_last(address, '@');
    struct text catch_all = text_skip(address, at);
    size_t plus = text_find(text_head(address, at), '+');
    struct text bare =
        arena_print(arena, "%.*s%.*s", TEXT_ARGS(text_head(address, plus)), TEXT_ARGS(catch_all));
    const struct text places[] = {address, plus != 0 ? bare : address, catch_all};
    struct domain domain;
    enum err err = domain_find(store, text_skip(catch_all, 1), arena, &domain);

    if (err == ERR_ABSENT) {
        *route_r = ROUTE_OUTSIDE;
        return ERR_NONE;
    }
    if (err == ERR_NONE)
        err = ERR_ABSENT;
    for (size_t i = 0; err == ERR_ABSENT && i < sizeof places / sizeof *places; i++)
        err = find_place(store, places[i], arena, route_r, alias_r);
    if (err != ERR_ABSENT)
        return err;
    *route_r = ROUTE_NOWHERE;
    return ERR_NONE;
}

/* --- all steps --- */

struct step {
    struct text address;
    struct text from; /* the alias that leads there */
};

struct walk {
    struct invocation *invocation;
    struct store *store;
    struct text start;
    struct map *seen;
    ARRAY(struct step) ahead;
};

static void add_targets(struct walk *walk, const struct alias *alias)
{
    for (size_t i = 0; i < alias->target_count; i++) {
        struct step step = {alias->targets[i], alias->address};

        if (map_count(walk->seen) < ADDRESSES_MAX &&
            map_put(walk->seen, step.address, walk) == NULL)
            array_push(&walk->ahead, step);
    }
}

static void warn_nowhere(struct walk *walk, const struct step *step)
{
    if (text_equals(step->from, walk->start))
        invocation_warn(walk->invocation,
            "%.*s leads to %.*s, which is neither a user nor an alias (mailctl user add %.*s)",
            TEXT_ARGS(step->from), TEXT_ARGS(step->address), TEXT_ARGS(step->address));
}

static int take_step(struct walk *walk, const struct step *step)
{
    struct alias next = {.target_count = 0};
    enum route route = ROUTE_NOWHERE;

    if (find_route(walk->store, step->address, walk->invocation->arena, &route, &next) != ERR_NONE)
        return invocation_complain_store(walk->invocation, walk->store);
    if (route == ROUTE_ALIAS && text_equals(next.address, walk->start))
        return invocation_complain(walk->invocation, EX_DATAERR,
            "%.*s leads back to itself: %.*s leads to %.*s", TEXT_ARGS(walk->start),
            TEXT_ARGS(step->from), TEXT_ARGS(step->address));
    if (route == ROUTE_ALIAS)
        add_targets(walk, &next);
    else if (route == ROUTE_NOWHERE)
        warn_nowhere(walk, step);
    return EX_OK;
}

int alias_route_check(struct invocation *invocation, struct store *store, const struct alias *alias)
{
    struct walk walk = {.invocation = invocation,
        .store = store,
        .start = alias->address,
        .seen = map_new(),
        .ahead = ARRAY_NONE};
    int status = EX_OK;

    add_targets(&walk, alias);
    for (size_t i = 0; status == EX_OK && i < walk.ahead.count; i++) {
        struct step step = walk.ahead.items[i];

        status = take_step(&walk, &step);
    }
    array_done(&walk.ahead);
    map_free(&walk.seen);
    return status;
}

/* --- a target goes --- */

static enum err list_leading(struct invocation *invocation, struct store *store, struct text target,
    struct alias_list *list_r)
{
    if (target.data[0] == '@')
        return alias_list_into(store, text_skip(target, 1), invocation->arena, list_r);
    return alias_list_by_target(store, target, invocation->arena, list_r);
}

static struct text join_names(struct invocation *invocation, const struct alias_list *list)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < list->count && i < NAMED_MAX; i++)
        joined = arena_print(invocation->arena, "%.*s%s%.*s", TEXT_ARGS(joined), i != 0 ? ", " : "",
            TEXT_ARGS(list->items[i].address));
    if (list->count > NAMED_MAX)
        joined = arena_print(
            invocation->arena, "%.*s and %zu more", TEXT_ARGS(joined), list->count - NAMED_MAX);
    return joined;
}

int alias_route_need_choice(struct invocation *invocation, struct store *store, struct text target)
{
    const char *choice = invocation_value(invocation, "aliases");
    struct alias_list list;

    if (list_leading(invocation, store, target, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (choice != NULL || list.count == 0)
        return EX_OK;
    return invocation_complain(invocation, EX_DATAERR,
        "aliases lead to %.*s: %.*s; say --aliases delete to take it out of them, or --aliases "
        "keep",
        TEXT_ARGS(target), TEXT_ARGS(join_names(invocation, &list)));
}

struct texts {
    ARRAY(struct text) of;
};

/* Takes the target out of the aliases that lead to it; those that are gone with it go to *gone. */
static int drop_target(struct invocation *invocation, struct store *store, struct text target,
    const struct alias_list *list, struct texts *gone)
{
    if (alias_drop_target(store, target) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    for (size_t i = 0; i < list->count; i++) {
        struct text address = list->items[i].address;
        struct alias left;
        enum err err = alias_find(store, address, invocation->arena, &left);

        if (err != ERR_NONE && err != ERR_ABSENT)
            return invocation_complain_store(invocation, store);
        if (err == ERR_ABSENT)
            array_push(&gone->of, address);
        invocation_tell(invocation, "%.*s: %s%s", TEXT_ARGS(address),
            invocation->dry_run ? "would be " : "",
            err == ERR_NONE ? "rid of that target" : "deleted, as it led to nobody else");
    }
    return EX_OK;
}

/* An alias that goes may be the target of others in its turn. */
static int drop_all(struct invocation *invocation, struct store *store, struct text target)
{
    struct texts gone = {ARRAY_NONE};
    struct alias_list list;
    int status = EX_OK;

    array_push(&gone.of, target);
    for (size_t i = 0; status == EX_OK && i < gone.of.count; i++) {
        struct text next = gone.of.items[i];

        if (list_leading(invocation, store, next, &list) != ERR_NONE)
            status = invocation_complain_store(invocation, store);
        else if (list.count != 0)
            status = drop_target(invocation, store, next, &list, &gone);
    }
    array_done(&gone.of);
    return status;
}

int alias_route_release(struct invocation *invocation, struct store *store, struct text target)
{
    const char *choice = invocation_value(invocation, "aliases");
    struct alias_list list;

    if (choice != NULL && strcmp(choice, "delete") == 0)
        return drop_all(invocation, store, target);
    if (list_leading(invocation, store, target, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (list.count != 0)
        invocation_warn(invocation, "aliases still lead to %.*s: %.*s", TEXT_ARGS(target),
            TEXT_ARGS(join_names(invocation, &list)));
    return EX_OK;
}
