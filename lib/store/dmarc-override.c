/* SPDX-License-Identifier: MIT */
#include "lib/store/dmarc-override.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

#define COLUMNS "SELECT domain, action, created FROM dmarc_override "
#define INSERT                                                                                     \
    "INSERT INTO dmarc_override (domain, action, created) VALUES ($domain, $action, $now)"         \
    " ON CONFLICT "

static const char *const words[] = {
    [DMARC_ACTION_ACCEPT] = "accept",
    [DMARC_ACTION_QUARANTINE] = "quarantine",
    [DMARC_ACTION_REJECT] = "reject",
};

const char *dmarc_action_word(enum dmarc_action action)
{
    return words[action];
}

bool dmarc_action_parse(struct text word, enum dmarc_action *action_r)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equals(word, text_from_string(words[i]))) {
            *action_r = (enum dmarc_action)i;
            return true;
        }
    return false;
}

/* Of a newer schema there may be another word: then nothing is refused for it. */
static struct dmarc_override read_row(struct statement *st, struct arena *arena)
{
    struct dmarc_override override = {
        .domain = statement_text(st, 0, arena),
        .action = DMARC_ACTION_ACCEPT,
        .created = statement_number(st, 2),
    };

    (void)dmarc_action_parse(statement_text(st, 1, arena), &override.action);
    return override;
}

static enum err run_insert(
    struct statement *st, const struct dmarc_override *override, int64_t now, int64_t *changes_r)
{
    statement_bind_text(st, "$domain", override->domain);
    statement_bind_text(st, "$action", text_from_string(dmarc_action_word(override->action)));
    statement_bind_number(st, "$now", now);
    return statement_run(st, changes_r);
}

enum err dmarc_override_set(struct store *store, const struct dmarc_override *override, int64_t now)
{
    struct statement *st =
        statement_start(store, INSERT "(domain) DO UPDATE SET action = excluded.action");
    int64_t changes;

    return run_insert(st, override, now, &changes);
}

enum err dmarc_override_add(struct store *store, const struct dmarc_override *override, int64_t now)
{
    struct statement *st = statement_start(store, INSERT "DO NOTHING");
    int64_t changes;
    enum err err = run_insert(st, override, now, &changes);

    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_EXISTS, "there is an override for %.*s already",
            TEXT_ARGS(override->domain));
    return err;
}

enum err dmarc_override_find(
    struct store *store, struct text domain, struct arena *arena, struct dmarc_override *override_r)
{
    struct statement *st = statement_start(store,
        COLUMNS "WHERE domain IN ("
                "WITH RECURSIVE up (name) AS (VALUES ($domain) UNION ALL"
                " SELECT substr(name, instr(name, '.') + 1) FROM up WHERE instr(name, '.') > 0)"
                " SELECT name FROM up) ORDER BY length(domain) DESC LIMIT 1");
    enum err err, end;

    statement_bind_text(st, "$domain", domain);
    err = statement_step(st);
    if (err == ERR_NONE)
        *override_r = read_row(st, arena);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "there is no override for %.*s", TEXT_ARGS(domain));
    return err;
}

enum err dmarc_override_list(
    struct store *store, struct arena *arena, struct dmarc_override_list *list_r)
{
    struct statement *st = statement_start(store, COLUMNS "ORDER BY domain");
    ARRAY(struct dmarc_override) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, read_row(st, arena));
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct dmarc_override_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err dmarc_override_delete(struct store *store, struct text domain)
{
    struct statement *st =
        statement_start(store, "DELETE FROM dmarc_override WHERE domain = $domain");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$domain", domain);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_ABSENT, "there is no override for %.*s", TEXT_ARGS(domain));
    return err;
}
