/* SPDX-License-Identifier: MIT */
#include "lib/store/app-password.h"

#include "lib/base/ip.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

static enum err count_of(struct store *store, struct text address, int64_t *count_r)
{
    struct statement *st =
        statement_start(store, "SELECT count(*) FROM app_password WHERE address = $address");

    statement_bind_text(st, "$address", address);
    if (statement_step(st) == ERR_NONE)
        *count_r = statement_number(st, 0);
    return statement_finish(st);
}

static enum err insert(struct store *store, const struct app_password *password, int64_t now,
    struct text protocols, int64_t *id_r)
{
    struct statement *st = statement_start(store,
        "INSERT INTO app_password (address, label, hash, protocols, networks, expires, created)"
        " VALUES ($address, $label, $hash, $protocols, $networks, $expires, $now)"
        " ON CONFLICT DO NOTHING RETURNING id");
    enum err found, err;

    statement_bind_text(st, "$address", password->address);
    statement_bind_text(st, "$label", password->label);
    statement_bind_text(st, "$hash", password->hash);
    statement_bind_text(st, "$protocols", protocols);
    statement_bind_text(st, "$networks", password->networks);
    statement_bind_number(st, "$expires", password->expires);
    statement_bind_number(st, "$now", now);
    found = statement_step(st);
    if (found == ERR_NONE)
        *id_r = statement_number(st, 0);
    err = statement_finish(st);
    if (err == ERR_NONE && found == ERR_ABSENT)
        return statement_refuse(store, ERR_EXISTS, "%.*s has an app password \"%.*s\" already",
            TEXT_ARGS(password->address), TEXT_ARGS(password->label));
    return err;
}

enum err app_password_add(
    struct store *store, const struct app_password *password, int64_t now, int64_t *id_r)
{
    struct arena *arena = arena_new();
    bool own = statement_begin(store);
    int64_t count = 0;
    enum err err = count_of(store, password->address, &count);

    if (err == ERR_NONE && count >= APP_PASSWORDS_MAX)
        err = statement_refuse(store, ERR_REFUSED,
            "%.*s has %d app passwords, which are as many "
            "as there can be: \"mailctl app-password revoke\" takes one away",
            TEXT_ARGS(password->address), APP_PASSWORDS_MAX);
    if (err == ERR_NONE)
        err = insert(store, password, now, protocols_text(password->protocols, arena), id_r);
    arena_free(&arena);
    return statement_end(store, own, err);
}

enum err app_password_list(
    struct store *store, struct text address, struct arena *arena, struct app_password_list *list_r)
{
    struct statement *st = statement_start(store,
        "SELECT id, address, label, hash, protocols, networks, expires, created, last_used"
        " FROM app_password WHERE address = $address ORDER BY id");
    ARRAY(struct app_password) found = ARRAY_NONE;
    enum err err;

    statement_bind_text(st, "$address", address);
    while (statement_step(st) == ERR_NONE)
        array_push(&found, (struct app_password){
                               .id = statement_number(st, 0),
                               .address = statement_text(st, 1, arena),
                               .label = statement_text(st, 2, arena),
                               .hash = statement_text(st, 3, arena),
                               .protocols = protocols_read(statement_text(st, 4, arena)),
                               .networks = statement_text(st, 5, arena),
                               .expires = statement_number(st, 6),
                               .created = statement_number(st, 7),
                               .last_used = statement_number(st, 8),
                           });
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct app_password_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err app_password_delete(struct store *store, struct text address, int64_t id)
{
    struct statement *st =
        statement_start(store, "DELETE FROM app_password WHERE address = $address AND id = $id");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$address", address);
    statement_bind_number(st, "$id", id);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_ABSENT, "%.*s has no app password %lld", TEXT_ARGS(address), (long long)id);
    return err;
}

enum err app_password_delete_all(struct store *store, struct text address)
{
    struct statement *st =
        statement_start(store, "DELETE FROM app_password WHERE address = $address");

    statement_bind_text(st, "$address", address);
    return statement_run(st, NULL);
}

enum err app_password_note_use(struct store *store, int64_t id, int64_t now)
{
    struct statement *st = statement_start(
        store, "UPDATE app_password SET last_used = max(last_used, $now) WHERE id = $id");
    int64_t changes;
    enum err err;

    statement_bind_number(st, "$now", now);
    statement_bind_number(st, "$id", id);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "there is no app password %lld", (long long)id);
    return err;
}

/* --- may it be used --- */

const char *app_password_use_word(enum app_password_use use)
{
    static const char *const words[] = {
        [APP_PASSWORD_FITS] = "",
        [APP_PASSWORD_EXPIRED] = "expired",
        [APP_PASSWORD_PROTOCOL] = "protocol",
        [APP_PASSWORD_NETWORK] = "network",
    };

    return words[use];
}

/* A network that cannot be read holds nobody. */
static bool is_within(struct text networks, struct text remote)
{
    struct ip_network network;
    struct text one;
    struct ip ip;

    if (text_is_empty(networks))
        return true;
    if (!ip_parse(remote, &ip))
        return false;
    while (text_split(&networks, ' ', &one))
        if (ip_network_parse(one, &network) && ip_network_contains(&network, &ip))
            return true;
    return false;
}

enum app_password_use app_password_judge(
    const struct app_password *password, struct text service, struct text remote, int64_t now)
{
    if (password->expires != 0 && now >= password->expires)
        return APP_PASSWORD_EXPIRED;
    if (!protocols_permit(password->protocols, service))
        return APP_PASSWORD_PROTOCOL;
    return is_within(password->networks, remote) ? APP_PASSWORD_FITS : APP_PASSWORD_NETWORK;
}
