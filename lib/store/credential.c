/* SPDX-License-Identifier: MIT */
#include "lib/store/credential.h"

#include "lib/store/statement.h"

enum err credential_set(struct store *store, struct text address, struct text hash, int64_t now)
{
    struct statement *st = statement_start(store,
        "INSERT INTO credential (address, hash, changed) VALUES ($address, $hash, $now)"
        " ON CONFLICT (address) DO UPDATE SET hash = excluded.hash, changed = excluded.changed");

    statement_bind_text(st, "$address", address);
    statement_bind_text(st, "$hash", hash);
    statement_bind_number(st, "$now", now);
    return statement_run(st, NULL);
}

/* changed stays: the password is the same. */
enum err credential_replace(
    struct store *store, struct text address, struct text old_hash, struct text new_hash)
{
    struct statement *st = statement_start(store,
        "UPDATE credential SET hash = $new_hash WHERE address = $address AND hash = $old_hash");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$address", address);
    statement_bind_text(st, "$old_hash", old_hash);
    statement_bind_text(st, "$new_hash", new_hash);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_ABSENT, "the password of %.*s has changed meanwhile", TEXT_ARGS(address));
    return err;
}

enum err credential_find(
    struct store *store, struct text address, struct arena *arena, struct credential *credential_r)
{
    struct statement *st = statement_start(
        store, "SELECT address, hash, changed FROM credential WHERE address = $address");
    enum err err, end;

    statement_bind_text(st, "$address", address);
    err = statement_step(st);
    if (err == ERR_NONE)
        *credential_r = (struct credential){
            .address = statement_text(st, 0, arena),
            .hash = statement_text(st, 1, arena),
            .changed = statement_number(st, 2),
        };
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "%.*s has no password", TEXT_ARGS(address));
    return err;
}

enum err credential_time(struct store *store, struct text address, int64_t *changed_r)
{
    struct statement *st =
        statement_start(store, "SELECT changed FROM credential WHERE address = $address");
    enum err err, end;

    statement_bind_text(st, "$address", address);
    err = statement_step(st);
    if (err == ERR_NONE)
        *changed_r = statement_number(st, 0);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "%.*s has no password", TEXT_ARGS(address));
    return err;
}

enum err credential_delete(struct store *store, struct text address)
{
    struct statement *st =
        statement_start(store, "DELETE FROM credential WHERE address = $address");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$address", address);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "%.*s has no password", TEXT_ARGS(address));
    return err;
}
