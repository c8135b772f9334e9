/* SPDX-License-Identifier: MIT */
#include "lib/store/srs-secret.h"

#include <inttypes.h>

#include "lib/store/rows.h"
#include "lib/store/statement.h"

#define NEXT "(SELECT min(n.created) FROM srs_secret n WHERE n.id > s.id)"

static enum err count_secrets(struct store *store, int64_t *count_r)
{
    struct statement *st = statement_start(store, "SELECT count(*) FROM srs_secret");

    if (statement_step(st) == ERR_NONE)
        *count_r = statement_number(st, 0);
    return statement_finish(st);
}

enum err srs_secret_add(struct store *store, struct text secret, int64_t now)
{
    struct statement *st;
    int64_t count = 0;
    enum err err;

    if (secret.len < SRS_SECRET_MIN || secret.len > SRS_SECRET_MAX)
        return statement_refuse(
            store, ERR_REFUSED, "a secret has %d to %d bytes", SRS_SECRET_MIN, SRS_SECRET_MAX);
    err = count_secrets(store, &count);
    if (err == ERR_NONE && count >= SRS_SECRETS_MAX)
        return statement_refuse(store, ERR_LIMIT,
            "there are %d secrets already: delete some (mailctl srs list)", SRS_SECRETS_MAX);
    if (err != ERR_NONE)
        return err;
    st = statement_start(store, "INSERT INTO srs_secret (secret, created) VALUES ($secret, $now)");
    statement_bind_text(st, "$secret", secret);
    statement_bind_number(st, "$now", now);
    return statement_run(st, NULL);
}

enum err srs_secret_list(struct store *store, struct arena *arena, struct srs_secret_list *list_r)
{
    struct statement *st = statement_start(store,
        "SELECT s.id, s.created, coalesce(" NEXT ", 0) FROM srs_secret s ORDER BY s.id DESC");
    ARRAY(struct srs_secret) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, (struct srs_secret){.id = statement_number(st, 0),
                               .created = statement_number(st, 1),
                               .superseded = statement_number(st, 2)});
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct srs_secret_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err srs_secret_load(
    struct store *store, struct arena *arena, struct text *secrets_r, size_t *count_r)
{
    struct statement *st =
        statement_start(store, "SELECT secret FROM srs_secret ORDER BY id DESC LIMIT $max");
    size_t count = 0;
    enum err err;

    statement_bind_number(st, "$max", SRS_SECRETS_MAX);
    while (statement_step(st) == ERR_NONE)
        secrets_r[count++] = statement_text(st, 0, arena);
    err = statement_finish(st);
    if (err == ERR_NONE)
        *count_r = count;
    return err;
}

/* Found, and one that signs no more. */
static enum err check_superseded(struct store *store, int64_t id)
{
    struct statement *st = statement_start(store,
        "SELECT count(*), coalesce(max(id > $id), 0) FROM srs_secret WHERE id >= $id"
        " AND EXISTS (SELECT 1 FROM srs_secret WHERE id = $id)");
    bool is_found = false, has_next = false;
    enum err err;

    statement_bind_number(st, "$id", id);
    if (statement_step(st) == ERR_NONE) {
        is_found = statement_number(st, 0) != 0;
        has_next = statement_flag(st, 1);
    }
    err = statement_finish(st);
    if (err == ERR_NONE && !is_found)
        return statement_refuse(store, ERR_ABSENT, "there is no secret %" PRId64, id);
    if (err == ERR_NONE && !has_next)
        return statement_refuse(store, ERR_REFUSED,
            "the secret %" PRId64 " signs: make another first (mailctl srs rotate)", id);
    return err;
}

enum err srs_secret_delete(struct store *store, int64_t id)
{
    enum err err = check_superseded(store, id);
    struct statement *st;

    if (err != ERR_NONE)
        return err;
    st = statement_start(store, "DELETE FROM srs_secret WHERE id = $id");
    statement_bind_number(st, "$id", id);
    return statement_run(st, NULL);
}

enum err srs_secret_expire(struct store *store, int64_t before)
{
    struct statement *st =
        statement_start(store, "DELETE FROM srs_secret AS s WHERE " NEXT " < $before");

    statement_bind_number(st, "$before", before);
    return statement_run(st, NULL);
}
