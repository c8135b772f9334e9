/* SPDX-License-Identifier: MIT */
#include "lib/store/relayhost.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

enum err relayhost_set(struct store *store, const struct relayhost *relayhost, int64_t now)
{
    bool own = statement_begin(store);
    struct statement *st = statement_start(store,
        "INSERT INTO relayhost (sender, host, login, password, changed)"
        " VALUES ($sender, $host, $login, $password, $now) ON CONFLICT (sender) DO UPDATE SET"
        " host = excluded.host, login = excluded.login, password = excluded.password,"
        " changed = excluded.changed");

    statement_bind_text(st, "$sender", relayhost->sender);
    statement_bind_text(st, "$host", relayhost->host);
    statement_bind_text(st, "$login", relayhost->login);
    statement_bind_text(st, "$password", relayhost->password);
    statement_bind_number(st, "$now", now);
    statement_destroys(store);
    return statement_end(store, own, statement_run(st, NULL));
}

enum err relayhost_find(
    struct store *store, struct text sender, struct arena *vault, struct relayhost *relayhost_r)
{
    struct statement *st = statement_start(store,
        "SELECT sender, host, login, password, changed FROM relayhost WHERE sender = $sender");
    enum err err, end;

    statement_bind_text(st, "$sender", sender);
    err = statement_step(st);
    if (err == ERR_NONE)
        *relayhost_r = (struct relayhost){
            .sender = statement_text(st, 0, vault),
            .host = statement_text(st, 1, vault),
            .login = statement_text(st, 2, vault),
            .password = statement_text(st, 3, vault),
            .changed = statement_number(st, 4),
        };
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "%.*s has no host of its own", TEXT_ARGS(sender));
    return err;
}

enum err relayhost_list(struct store *store, struct arena *arena, struct relayhost_list *list_r)
{
    struct statement *st = statement_start(
        store, "SELECT sender, host, login, changed FROM relayhost ORDER BY sender");
    ARRAY(struct relayhost) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, (struct relayhost){
                               .sender = statement_text(st, 0, arena),
                               .host = statement_text(st, 1, arena),
                               .login = statement_text(st, 2, arena),
                               .password = TEXT(""),
                               .changed = statement_number(st, 3),
                           });
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct relayhost_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

/* sql names the rows by $whose; in the caller's transaction. */
static enum err delete_rows(
    struct store *store, const char *sql, struct text whose, int64_t *changes_r)
{
    struct statement *st = statement_start(store, sql);
    enum err err;

    statement_bind_text(st, "$whose", whose);
    err = statement_run(st, changes_r);
    if (err == ERR_NONE && *changes_r != 0)
        statement_destroys(store);
    return err;
}

static const char of_sender[] = "DELETE FROM relayhost WHERE sender = $whose";
static const char of_domain[] =
    "DELETE FROM relayhost WHERE substr(sender, instr(sender, '@') + 1) = $whose";

enum err relayhost_delete(struct store *store, struct text sender)
{
    bool own = statement_begin(store);
    int64_t changes = 0;
    enum err err = delete_rows(store, of_sender, sender, &changes);

    if (err == ERR_NONE && changes == 0)
        err = statement_refuse(store, ERR_ABSENT, "%.*s has no host of its own", TEXT_ARGS(sender));
    return statement_end(store, own, err);
}

static enum err forget(struct store *store, const char *sql, struct text whose)
{
    bool own = statement_begin(store);
    int64_t changes = 0;

    return statement_end(store, own, delete_rows(store, sql, whose, &changes));
}

enum err relayhost_forget(struct store *store, struct text sender)
{
    return forget(store, of_sender, sender);
}

enum err relayhost_forget_domain(struct store *store, struct text domain)
{
    return forget(store, of_domain, domain);
}
