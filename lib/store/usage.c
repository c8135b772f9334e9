/* SPDX-License-Identifier: MIT */
#include "lib/store/usage.h"

#include "lib/store/statement.h"

enum err usage_put(struct store *store, const struct usage *usage)
{
    struct statement *st = statement_start(store,
        "INSERT INTO usage (user, at_ms, messages, recipients)"
        " VALUES ($user, $at_ms, $messages, $recipients)"
        " ON CONFLICT (user, at_ms) DO UPDATE"
        " SET messages = excluded.messages, recipients = excluded.recipients");

    statement_bind_text(st, "$user", usage->user);
    statement_bind_number(st, "$at_ms", usage->at_ms);
    statement_bind_number(st, "$messages", usage->messages);
    statement_bind_number(st, "$recipients", usage->recipients);
    return statement_run(st, NULL);
}

enum err usage_forget(struct store *store, struct text user)
{
    struct statement *st = statement_start(store, "DELETE FROM usage WHERE user = $user");

    statement_bind_text(st, "$user", user);
    return statement_run(st, NULL);
}

enum err usage_clear(struct store *store)
{
    return statement_run(statement_start(store, "DELETE FROM usage"), NULL);
}

enum err usage_expire(struct store *store, int64_t before_ms)
{
    struct statement *st = statement_start(store, "DELETE FROM usage WHERE at_ms < $before_ms");

    statement_bind_number(st, "$before_ms", before_ms);
    return statement_run(st, NULL);
}

enum err usage_list(struct store *store, int64_t after_ms, usage_visit_fn *visit, void *context)
{
    struct arena *arena = arena_new();
    struct statement *st =
        statement_start(store, "SELECT user, at_ms, messages, recipients FROM usage"
                               " WHERE at_ms >= $after_ms ORDER BY at_ms");

    statement_bind_number(st, "$after_ms", after_ms);
    while (statement_step(st) == ERR_NONE) {
        const struct usage usage = {.user = statement_text(st, 0, arena),
            .at_ms = statement_number(st, 1),
            .messages = statement_number(st, 2),
            .recipients = statement_number(st, 3)};

        visit(context, &usage);
        arena_reset(arena);
    }
    arena_free(&arena);
    return statement_finish(st);
}
