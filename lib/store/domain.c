/* SPDX-License-Identifier: MIT */
#include "lib/store/domain.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

#define COLUMNS "SELECT name, enabled, created FROM domain "

static struct domain read_row(struct statement *st, struct arena *arena)
{
    return (struct domain){
        .name = statement_text(st, 0, arena),
        .enabled = statement_flag(st, 1),
        .created = statement_number(st, 2),
    };
}

enum err domain_add(struct store *store, struct text name, int64_t now)
{
    struct statement *st = statement_start(
        store, "INSERT INTO domain (name, created) VALUES ($name, $now) ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$name", name);
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_EXISTS, "the domain %.*s exists already", TEXT_ARGS(name));
    return err;
}

enum err domain_find(
    struct store *store, struct text name, struct arena *arena, struct domain *domain_r)
{
    struct statement *st = statement_start(store, COLUMNS "WHERE name = $name");
    enum err err, end;

    statement_bind_text(st, "$name", name);
    err = statement_step(st);
    if (err == ERR_NONE)
        *domain_r = read_row(st, arena);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "there is no domain %.*s", TEXT_ARGS(name));
    return err;
}

enum err domain_find_above(
    struct store *store, struct text name, struct arena *arena, struct text *domain_r)
{
    struct domain domain;
    enum err err = ERR_ABSENT;

    while (err == ERR_ABSENT && !text_is_empty(name)) {
        err = domain_find(store, name, arena, &domain);
        name = text_skip(name, text_find(name, '.') + 1);
    }
    if (err == ERR_NONE)
        *domain_r = domain.name;
    return err;
}

enum err domain_list(struct store *store, struct arena *arena, struct domain_list *list_r)
{
    struct statement *st = statement_start(store, COLUMNS "ORDER BY name");
    ARRAY(struct domain) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, read_row(st, arena));
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct domain_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

/* One statement looks and deletes, so that nobody moves in between; the rest is cascaded. */
enum err domain_delete(struct store *store, struct text name, bool with_content)
{
    struct statement *st = statement_start(store,
        "DELETE FROM domain WHERE name = $name AND ($with_content <> 0"
        " OR (NOT EXISTS (SELECT 1 FROM mail_user u WHERE u.domain_id = domain.id)"
        " AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.domain_id = domain.id)))");
    struct arena *arena;
    struct domain domain;
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$name", name);
    statement_bind_number(st, "$with_content", with_content);
    err = statement_run(st, &changes);
    if (err != ERR_NONE || changes != 0)
        return err;
    arena = arena_new();
    err = domain_find(store, name, arena, &domain);
    arena_free(&arena);
    if (err == ERR_NONE)
        return statement_refuse(
            store, ERR_REFUSED, "the domain %.*s still has users or aliases", TEXT_ARGS(name));
    if (err == ERR_ABSENT)
        return statement_refuse(store, err, "there is no domain %.*s", TEXT_ARGS(name));
    return err;
}
