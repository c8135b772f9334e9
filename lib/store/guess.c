/* SPDX-License-Identifier: MIT */
#include "lib/store/guess.h"

#include <stdio.h>
#include <string.h>

#include "lib/store/statement.h"

enum err guess_put(struct store *store, const struct guess *guess)
{
    struct statement *st =
        statement_start(store, "INSERT INTO guess (count, account, network, mark, at)"
                               " VALUES ($count, $account, $network, $mark, $at)"
                               " ON CONFLICT (count, account, network, mark) DO UPDATE"
                               " SET at = excluded.at");

    statement_bind_text(st, "$count", guess->count);
    statement_bind_text(st, "$account", guess->account);
    statement_bind_text(st, "$network", guess->network);
    statement_bind_number(st, "$mark", guess->mark);
    statement_bind_number(st, "$at", guess->at);
    return statement_run(st, NULL);
}

enum err guess_list(struct store *store, const struct guess_span *span, int64_t max,
    guess_visit_fn *visit, void *context)
{
    struct arena *arena = arena_new();
    struct statement *st =
        statement_start(store, "SELECT count, account, network, mark, at FROM"
                               " (SELECT * FROM guess WHERE at > $after AND at <= $until ORDER BY "
                               "at DESC LIMIT $max) ORDER BY at");

    statement_bind_number(st, "$after", span->after);
    statement_bind_number(st, "$until", span->until);
    statement_bind_number(st, "$max", max);
    while (statement_step(st) == ERR_NONE) {
        const struct guess guess = {.count = statement_text(st, 0, arena),
            .account = statement_text(st, 1, arena),
            .network = statement_text(st, 2, arena),
            .mark = (uint32_t)statement_number(st, 3),
            .at = statement_number(st, 4)};

        visit(context, &guess);
        arena_reset(arena);
    }
    arena_free(&arena);
    return statement_finish(st);
}

enum err guess_expire(
    struct store *store, const struct guess_span *span, int64_t max, int64_t *count_r)
{
    struct statement *st = statement_start(store,
        "DELETE FROM guess WHERE (count, account, network, mark) IN"
        " (SELECT count, account, network, mark FROM guess WHERE at <= $after OR at > $until"
        "  ORDER BY at LIMIT $max)");

    statement_bind_number(st, "$after", span->after);
    statement_bind_number(st, "$until", span->until);
    statement_bind_number(st, "$max", max);
    return statement_run(st, count_r);
}

enum err guess_forget(struct store *store, struct text account, struct text network)
{
    struct statement *st = statement_start(store, "DELETE FROM guess WHERE account = $account"
                                                  " AND ($account <> '' OR network = $network)");

    statement_bind_text(st, "$account", account);
    statement_bind_text(st, "$network", network);
    return statement_run(st, NULL);
}

/* Of several of one second all go, or all stay. */
enum err guess_trim(struct store *store, int64_t keep)
{
    struct statement *st = statement_start(store, "DELETE FROM guess WHERE at <= (SELECT at FROM "
                                                  "guess ORDER BY at DESC LIMIT 1 OFFSET $keep)");

    statement_bind_number(st, "$keep", keep);
    return statement_run(st, NULL);
}

enum err guess_key_load(struct store *store, char key_r[GUESS_KEY_LEN + 1])
{
    struct statement *st = statement_start(store, "SELECT key FROM guess_key WHERE id = 1");
    struct arena *arena = arena_new();
    enum err err = statement_step(st), end;

    if (err == ERR_NONE)
        snprintf(key_r, GUESS_KEY_LEN + 1, "%.*s", TEXT_ARGS(statement_text(st, 0, arena)));
    end = statement_finish(st);
    arena_free_wiped(&arena);
    return end != ERR_NONE ? end : err;
}

static enum err replace_key(struct store *store, const char key[GUESS_KEY_LEN + 1])
{
    struct statement *st =
        statement_start(store, "INSERT INTO guess_key (id, key) VALUES (1, $key)"
                               " ON CONFLICT (id) DO UPDATE SET key = excluded.key");
    enum err err;

    statement_bind_text(st, "$key", text_from_string(key));
    err = statement_run(st, NULL);
    if (err == ERR_NONE)
        err = statement_run(statement_start(store, "DELETE FROM guess"), NULL);
    return err;
}

enum err guess_key_keep(struct store *store, const char key[GUESS_KEY_LEN + 1])
{
    char found[GUESS_KEY_LEN + 1] = "";
    bool own = statement_begin(store);
    enum err err = guess_key_load(store, found);

    if (err == ERR_ABSENT || (err == ERR_NONE && strcmp(found, key) != 0))
        err = replace_key(store, key);
    return statement_end(store, own, err);
}
