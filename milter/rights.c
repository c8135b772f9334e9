/* SPDX-License-Identifier: MIT */
#include "milter/rights.h"

#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/sender.h"

struct inquiry {
    struct store *store;
    struct arena *arena;
    struct text login; /* folded */
    struct text sender;
};

/* A domain of the directory or one below it: we sign for both. */
static enum err is_own_domain(const struct inquiry *inquiry, struct text address, bool *own_r)
{
    struct text local_part, name, own;
    enum err err = ERR_ABSENT;

    if (mailbox_split(address, &local_part, &name))
        err = domain_find_above(inquiry->store, name, inquiry->arena, &own);
    *own_r = err == ERR_NONE;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* The sender answers for what is written on another's behalf: it must be the user's own. */
static enum err may_send_on_behalf(const struct inquiry *inquiry, bool *allowed_r)
{
    enum sender_right right = SENDER_NONE;
    enum err err = ERR_NONE;

    if (!text_is_empty(inquiry->sender))
        err = sender_find_right(
            inquiry->store, inquiry->login, inquiry->sender, inquiry->arena, &right);
    *allowed_r = right == SENDER_FULL;
    return err;
}

static enum err may_write_as(const struct inquiry *inquiry, struct text author, bool *allowed_r)
{
    enum sender_right right = SENDER_NONE;
    enum err err =
        sender_find_right(inquiry->store, inquiry->login, author, inquiry->arena, &right);
    bool is_own = false;

    if (err == ERR_ABSENT) {
        err = is_own_domain(inquiry, author, &is_own);
        *allowed_r = !is_own;
        return err;
    }
    if (err == ERR_NONE && right == SENDER_ON_BEHALF)
        return may_send_on_behalf(inquiry, allowed_r);
    *allowed_r = right == SENDER_FULL;
    return err;
}

static enum err name_allowed(const struct inquiry *inquiry, struct text *allowed_r)
{
    struct sender_list list = {NULL, 0};
    struct text names = TEXT_NONE;
    enum err err = sender_list_addresses(
        inquiry->store, inquiry->login, RIGHTS_TOLD_MAX + 1, inquiry->arena, &list);

    for (size_t i = 0; i < list.count && i < RIGHTS_TOLD_MAX; i++)
        names = arena_print(inquiry->arena, "%.*s%s%.*s", TEXT_ARGS(names), i == 0 ? "" : ", ",
            TEXT_ARGS(list.items[i]));
    if (list.count > RIGHTS_TOLD_MAX)
        names = arena_print(inquiry->arena, "%.*s and others", TEXT_ARGS(names));
    *allowed_r = names;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err judge(const struct inquiry *inquiry, const struct rights_request *request,
    struct rights_verdict *verdict)
{
    enum err err = ERR_NONE;

    verdict->is_allowed = true;
    for (size_t i = 0; err == ERR_NONE && verdict->is_allowed && i < request->author_count; i++) {
        err = may_write_as(inquiry, request->authors[i], &verdict->is_allowed);
        verdict->refused = request->authors[i];
    }
    if (err == ERR_NONE && !verdict->is_allowed)
        err = name_allowed(inquiry, &verdict->allowed);
    return err;
}

enum err rights_judge(struct directory_pool *directory, const struct rights_request *request,
    struct arena *arena, struct rights_verdict *verdict_r, struct failure *failure)
{
    struct inquiry inquiry = {.arena = arena, .login = request->login, .sender = request->sender};
    struct rights_verdict verdict = {.is_allowed = false};
    enum err err = directory_pool_take(directory, &inquiry.store, failure);

    if (err != ERR_NONE)
        return err;
    err = judge(&inquiry, request, &verdict);
    err = directory_pool_give(directory, &inquiry.store, err, failure);
    if (err == ERR_NONE)
        *verdict_r = verdict;
    return err;
}
