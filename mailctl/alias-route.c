/* SPDX-License-Identifier: MIT */
#include "mailctl/alias-route.h"

#include <sysexits.h>

#include "lib/base/array.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/route-check.h"
#include "lib/store/route.h"
#include "mailctl/directory.h"

/* A longer list of names is cut in a message. */
#define NAMED_MAX 8
/* --- where it leads --- */

static enum err is_ours(
    struct invocation *invocation, struct store *store, struct text address, bool *is_ours_r)
{
    struct domain domain;
    enum err err = domain_find(
        store, text_skip(address, text_find_last(address, '@') + 1), invocation->arena, &domain);

    *is_ours_r = err == ERR_NONE && domain.kind != DOMAIN_RELAY;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err warn_nowhere(
    struct invocation *invocation, struct store *store, struct text from, struct text target)
{
    struct alias alias;
    bool ours = false;
    enum err err = is_ours(invocation, store, target, &ours);

    if (err != ERR_NONE || !ours)
        return err;
    err = route_find(store, target, invocation->arena, &alias);
    if (err == ERR_ABSENT)
        invocation_warn(invocation,
            "%.*s leads to %.*s, which is neither a user nor an alias (mailctl user add %.*s)",
            TEXT_ARGS(from), TEXT_ARGS(target), TEXT_ARGS(target));
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static int refuse_fault(
    struct invocation *invocation, struct text address, const struct route_fault *fault)
{
    if (fault->kind == ROUTE_CIRCLE)
        return invocation_complain(invocation, EX_DATAERR,
            "%.*s leads back to itself: %.*s leads to %.*s", TEXT_ARGS(address),
            TEXT_ARGS(fault->from), TEXT_ARGS(fault->to));
    return invocation_complain(invocation, EX_DATAERR,
        "%.*s leads over more than %d others: %.*s leads to %.*s, which is one too many",
        TEXT_ARGS(address), ROUTE_DEPTH_MAX, TEXT_ARGS(fault->from), TEXT_ARGS(fault->to));
}

int alias_route_check(struct invocation *invocation, struct store *store, struct text address,
    const struct text *targets, size_t count)
{
    struct route_fault fault = {ROUTE_SOUND, TEXT_NONE, TEXT_NONE};
    enum err err = route_check(store, address, invocation->arena, &fault);

    if (err == ERR_LIMIT)
        return invocation_complain(invocation, EX_DATAERR, "%.*s leads to more than %d addresses",
            TEXT_ARGS(address), ROUTE_ADDRESSES_MAX);
    if (err == ERR_NONE && fault.kind != ROUTE_SOUND)
        return refuse_fault(invocation, address, &fault);
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = warn_nowhere(invocation, store, address, targets[i]);
    return err == ERR_NONE ? EX_OK : invocation_complain_store(invocation, store);
}

/* --- a target goes --- */

static enum err list_leading(struct invocation *invocation, struct store *store, struct text target,
    struct alias_list *list_r)
{
    if (target.data[0] == '@')
        return alias_list_into(store, text_skip(target, 1), invocation->arena, list_r);
    return alias_list_by_target(store, target, invocation->arena, list_r);
}

static struct text join(
    const struct invocation *invocation, const struct text *addresses, size_t count)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < count && i < NAMED_MAX; i++)
        joined = arena_print(invocation->arena, "%.*s%s%.*s", TEXT_ARGS(joined), i != 0 ? ", " : "",
            TEXT_ARGS(addresses[i]));
    if (count > NAMED_MAX)
        joined = arena_print(
            invocation->arena, "%.*s and %zu more", TEXT_ARGS(joined), count - NAMED_MAX);
    return joined;
}

static struct text join_names(const struct invocation *invocation, const struct alias_list *list)
{
    struct text *names = arena_alloc_zero(invocation->arena, list->count + 1, sizeof *names);

    for (size_t i = 0; i < list->count; i++)
        names[i] = list->items[i].address;
    return join(invocation, names, list->count);
}

/* --- users whose mail is forwarded there --- */

/* Without those of the domain that goes: they go with it. */
static enum err list_forwarding(struct invocation *invocation, struct store *store,
    struct text target, struct forward_user_list *list_r)
{
    struct forward_user_list all = {NULL, 0};
    enum err err = forward_list_users(store, target, invocation->arena, &all);
    struct text *left;
    size_t count = 0;

    if (err != ERR_NONE)
        return err;
    left = arena_alloc_zero(invocation->arena, all.count + 1, sizeof *left);
    for (size_t i = 0; i < all.count; i++)
        if (!text_equals(text_skip(all.items[i], text_find_last(all.items[i], '@')), target))
            left[count++] = all.items[i];
    *list_r = (struct forward_user_list){left, count};
    return ERR_NONE;
}

static int drop_forwards(struct invocation *invocation, struct store *store, struct text target)
{
    struct forward_user_list users = {NULL, 0};

    if (list_forwarding(invocation, store, target, &users) != ERR_NONE ||
        (users.count != 0 && forward_drop_target(store, target) != ERR_NONE))
        return invocation_complain_store(invocation, store);
    for (size_t i = 0; i < users.count; i++)
        invocation_tell(invocation, "%.*s: mail %s forwarded to %.*s no more",
            TEXT_ARGS(users.items[i]), invocation->dry_run ? "would be" : "is", TEXT_ARGS(target));
    return EX_OK;
}

/* --- what becomes of them --- */

int alias_route_need_choice(struct invocation *invocation, struct store *store, struct text target)
{
    struct alias_list list = {NULL, 0};
    struct forward_user_list users = {NULL, 0};

    if (list_leading(invocation, store, target, &list) != ERR_NONE ||
        list_forwarding(invocation, store, target, &users) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (invocation_value(invocation, "aliases") != NULL)
        return EX_OK;
    if (list.count != 0)
        return invocation_complain(invocation, EX_DATAERR,
            "aliases lead to %.*s: %.*s; say --aliases delete to take it out of them, or --aliases "
            "keep",
            TEXT_ARGS(target), TEXT_ARGS(join_names(invocation, &list)));
    if (users.count != 0)
        return invocation_complain(invocation, EX_DATAERR,
            "mail is forwarded to %.*s by %.*s; say --aliases delete to end that, or --aliases "
            "keep",
            TEXT_ARGS(target), TEXT_ARGS(join(invocation, users.items, users.count)));
    return EX_OK;
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
        if (status == EX_OK)
            status = drop_forwards(invocation, store, next);
    }
    array_done(&gone.of);
    return status;
}

int alias_route_release(struct invocation *invocation, struct store *store, struct text target)
{
    const char *choice = invocation_value(invocation, "aliases");
    struct alias_list list = {NULL, 0};
    struct forward_user_list users = {NULL, 0};

    if (choice != NULL && strcmp(choice, "delete") == 0)
        return drop_all(invocation, store, target);
    if (list_leading(invocation, store, target, &list) != ERR_NONE ||
        list_forwarding(invocation, store, target, &users) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (list.count != 0)
        invocation_warn(invocation, "aliases still lead to %.*s: %.*s", TEXT_ARGS(target),
            TEXT_ARGS(join_names(invocation, &list)));
    if (users.count != 0)
        invocation_warn(invocation, "mail is still forwarded to %.*s by %.*s", TEXT_ARGS(target),
            TEXT_ARGS(join(invocation, users.items, users.count)));
    return EX_OK;
}
