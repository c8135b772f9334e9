/* SPDX-License-Identifier: MIT */
#include "mailctl/alias-route.h"

#include <sysexits.h>

#include "lib/base/array.h"
#include "lib/store/domain.h"
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
        return invocation_complain(invocation, EX_DATAERR, "%.*s leads back to itself: %.*s",
            TEXT_ARGS(address), TEXT_ARGS(fault->way));
    return invocation_complain(invocation, EX_DATAERR,
        "%.*s is on a way of more than %d steps: %.*s", TEXT_ARGS(address), ROUTE_DEPTH_MAX,
        TEXT_ARGS(fault->way));
}

static int find_fault(struct invocation *invocation, struct store *store, struct text address,
    struct route_fault *fault)
{
    enum err err = route_check(store, address, invocation->arena, fault);

    if (err == ERR_LIMIT)
        return invocation_complain(invocation, EX_DATAERR, "%.*s leads to more than %d addresses",
            TEXT_ARGS(address), ROUTE_ADDRESSES_MAX);
    return err == ERR_NONE ? EX_OK : invocation_complain_store(invocation, store);
}

int alias_route_check(struct invocation *invocation, struct store *store, struct text address,
    const struct text *targets, size_t count)
{
    struct route_fault fault = {ROUTE_SOUND, TEXT_NONE};
    int status = find_fault(invocation, store, address, &fault);
    enum err err = ERR_NONE;

    if (status == EX_OK && fault.kind != ROUTE_SOUND)
        status = refuse_fault(invocation, address, &fault);
    if (status != EX_OK)
        return status;
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = warn_nowhere(invocation, store, address, targets[i]);
    return err == ERR_NONE ? EX_OK : invocation_complain_store(invocation, store);
}

int alias_route_check_without(
    struct invocation *invocation, struct store *store, struct text address)
{
    struct route_fault fault = {ROUTE_SOUND, TEXT_NONE};
    int status = find_fault(invocation, store, address, &fault);

    if (status != EX_OK || fault.kind == ROUTE_SOUND)
        return status;
    return invocation_complain(invocation, EX_DATAERR,
        "without %.*s mail would go %s: %.*s; change one of the others first", TEXT_ARGS(address),
        fault.kind == ROUTE_CIRCLE ? "in a circle" : "too long a way", TEXT_ARGS(fault.way));
}

/* --- a target goes --- */

enum err alias_route_sources(
    struct store *store, struct text target, struct arena *arena, struct route_source_list *list_r)
{
    if (text_find(target, '@') == target.len)
        return route_sources_find_domain(store, target, arena, list_r);
    return route_sources_find(store, target, arena, list_r);
}

/* Addresses of aliases, or of users, each once: one may have several targets. */
struct names {
    size_t count;
    struct text joined; /* a longer list is cut */
};

static struct names join_names(
    const struct invocation *invocation, const struct route_source_list *list, bool of_users)
{
    struct names names = {0, TEXT("")};
    struct text last = TEXT("");

    for (size_t i = 0; i < list->count; i++) {
        const struct route_source *source = &list->items[i];

        if (source->is_user != of_users || text_equals(source->address, last))
            continue;
        last = source->address;
        if (names.count++ < NAMED_MAX)
            names.joined = arena_print(invocation->arena, "%.*s%s%.*s", TEXT_ARGS(names.joined),
                names.count != 1 ? ", " : "", TEXT_ARGS(source->address));
    }
    if (names.count > NAMED_MAX)
        names.joined = arena_print(invocation->arena, "%.*s and %zu more", TEXT_ARGS(names.joined),
            names.count - NAMED_MAX);
    return names;
}

/* A domain as people write "all of it". */
static struct text word_of(const struct invocation *invocation, struct text target)
{
    return text_find(target, '@') == target.len
               ? arena_print(invocation->arena, "@%.*s", TEXT_ARGS(target))
               : target;
}

int alias_route_need_choice(struct invocation *invocation, struct store *store, struct text target)
{
    struct text word = word_of(invocation, target);
    struct route_source_list list = {NULL, 0};
    struct names aliases, users;

    if (alias_route_sources(store, target, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (invocation_value(invocation, "aliases") != NULL)
        return EX_OK;
    aliases = join_names(invocation, &list, false);
    users = join_names(invocation, &list, true);
    if (aliases.count != 0)
        return invocation_complain(invocation, EX_DATAERR,
            "aliases lead to %.*s: %.*s; say --aliases delete to take it out of them, or --aliases "
            "keep",
            TEXT_ARGS(word), TEXT_ARGS(aliases.joined));
    if (users.count != 0)
        return invocation_complain(invocation, EX_DATAERR,
            "mail is forwarded to %.*s by %.*s; say --aliases delete to end that, or --aliases "
            "keep",
            TEXT_ARGS(word), TEXT_ARGS(users.joined));
    return EX_OK;
}

/* --- what becomes of them --- */

struct texts {
    ARRAY(struct text) of;
};

/* What became of an alias that had the target; one that is gone with it goes to *gone. */
static int tell_alias(
    struct invocation *invocation, struct store *store, struct text address, struct texts *gone)
{
    struct alias left;
    enum err err = alias_find(store, address, invocation->arena, &left);

    if (err != ERR_NONE && err != ERR_ABSENT)
        return invocation_complain_store(invocation, store);
    if (err == ERR_ABSENT)
        array_push(&gone->of, address);
    invocation_tell(invocation, "%.*s: %s%s", TEXT_ARGS(address),
        invocation->dry_run ? "would be " : "",
        err == ERR_NONE ? "rid of that target" : "deleted, as it led to nobody else");
    return EX_OK;
}

/* Takes the target out of what leads to it. */
static int drop_target(
    struct invocation *invocation, struct store *store, struct text target, struct texts *gone)
{
    struct route_source_list list = {NULL, 0};
    struct text last = TEXT("");
    int status = EX_OK;

    if (alias_route_sources(store, target, invocation->arena, &list) != ERR_NONE ||
        route_sources_drop(store, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    for (size_t i = 0; status == EX_OK && i < list.count; i++) {
        struct text address = list.items[i].address;

        if (text_equals(address, last))
            continue;
        last = address;
        if (!list.items[i].is_user)
            status = tell_alias(invocation, store, address, gone);
        else
            invocation_tell(invocation, "%.*s: mail %s forwarded to %.*s no more",
                TEXT_ARGS(address), invocation->dry_run ? "would be" : "is",
                TEXT_ARGS(word_of(invocation, target)));
    }
    return status;
}

/* An alias that goes may be the target of others in its turn. */
static int drop_all(struct invocation *invocation, struct store *store, struct text target)
{
    struct texts gone = {ARRAY_NONE};
    int status = EX_OK;

    array_push(&gone.of, target);
    for (size_t i = 0; status == EX_OK && i < gone.of.count; i++)
        status = drop_target(invocation, store, gone.of.items[i], &gone);
    array_done(&gone.of);
    return status;
}

int alias_route_release(struct invocation *invocation, struct store *store, struct text target)
{
    const char *choice = invocation_value(invocation, "aliases");
    struct text word = word_of(invocation, target);
    struct route_source_list list = {NULL, 0};
    struct names aliases, users;

    if (choice != NULL && strcmp(choice, "delete") == 0)
        return drop_all(invocation, store, target);
    if (alias_route_sources(store, target, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    aliases = join_names(invocation, &list, false);
    users = join_names(invocation, &list, true);
    if (aliases.count != 0)
        invocation_warn(invocation, "aliases still lead to %.*s: %.*s", TEXT_ARGS(word),
            TEXT_ARGS(aliases.joined));
    if (users.count != 0)
        invocation_warn(invocation, "mail is still forwarded to %.*s by %.*s", TEXT_ARGS(word),
            TEXT_ARGS(users.joined));
    return EX_OK;
}
