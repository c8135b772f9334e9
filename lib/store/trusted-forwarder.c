/* SPDX-License-Identifier: MIT */
#include "lib/store/trusted-forwarder.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

static const char *const words[] = {
    [FORWARDER_CLIENT] = "client",
    [FORWARDER_SIGNER] = "signer",
    [FORWARDER_SENDER] = "sender",
    [FORWARDER_SEALER] = "sealer",
};

const char *forwarder_kind_word(enum forwarder_kind kind)
{
    return words[kind];
}

bool forwarder_kind_parse(struct text word, enum forwarder_kind *kind_r)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equals(word, text_from_string(words[i]))) {
            *kind_r = (enum forwarder_kind)i;
            return true;
        }
    return false;
}

static void bind_key(struct statement *st, enum forwarder_kind kind, struct text value)
{
    statement_bind_text(st, "$kind", text_from_string(forwarder_kind_word(kind)));
    statement_bind_text(st, "$value", value);
}

enum err trusted_forwarder_add(
    struct store *store, const struct trusted_forwarder *forwarder, int64_t now)
{
    struct statement *st =
        statement_start(store, "INSERT INTO trusted_forwarder (kind, value, created)"
                               " VALUES ($kind, $value, $now) ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    bind_key(st, forwarder->kind, forwarder->value);
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_EXISTS, "the %s %.*s is trusted already",
            forwarder_kind_word(forwarder->kind), TEXT_ARGS(forwarder->value));
    return err;
}

enum err trusted_forwarder_list(
    struct store *store, struct arena *arena, struct trusted_forwarder_list *list_r)
{
    struct statement *st = statement_start(
        store, "SELECT kind, value, created FROM trusted_forwarder ORDER BY kind, value");
    ARRAY(struct trusted_forwarder) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE) {
        struct trusted_forwarder forwarder = {
            .value = statement_text(st, 1, arena), .created = statement_number(st, 2)};

        if (forwarder_kind_parse(statement_text(st, 0, arena), &forwarder.kind))
            array_push(&found, forwarder);
    }
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct trusted_forwarder_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err trusted_forwarder_delete(struct store *store, enum forwarder_kind kind, struct text value)
{
    struct statement *st = statement_start(
        store, "DELETE FROM trusted_forwarder WHERE kind = $kind AND value = $value");
    int64_t changes;
    enum err err;

    bind_key(st, kind, value);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "the %s %.*s is not trusted",
            forwarder_kind_word(kind), TEXT_ARGS(value));
    return err;
}

/* --- matching --- */

enum err trusted_forwarder_match_domain(struct store *store, enum forwarder_kind kind,
    struct text domain, struct arena *arena, struct text *value_r)
{
    struct statement *st = statement_start(store,
        "SELECT value FROM trusted_forwarder WHERE kind = $kind AND value IN ("
        "WITH RECURSIVE up (name) AS (VALUES ($value) UNION ALL"
        " SELECT substr(name, instr(name, '.') + 1) FROM up WHERE instr(name, '.') > 0)"
        " SELECT name FROM up) ORDER BY length(value) DESC LIMIT 1");
    enum err err, end;

    bind_key(st, kind, domain);
    err = statement_step(st);
    if (err == ERR_NONE)
        *value_r = statement_text(st, 0, arena);
    end = statement_finish(st);
    return end != ERR_NONE ? end : err;
}

enum err trusted_forwarder_match_client(
    struct store *store, const struct ip *client, struct arena *arena, struct text *value_r)
{
    struct statement *st =
        statement_start(store, "SELECT value FROM trusted_forwarder WHERE kind = 'client'");
    bool matches = false;
    enum err err;

    while (!matches && statement_step(st) == ERR_NONE) {
        struct text value = statement_text(st, 0, arena);
        struct ip_network network;

        matches = ip_network_parse(value, &network) && ip_network_contains(&network, client);
        if (matches)
            *value_r = value;
    }
    err = statement_finish(st);
    return err == ERR_NONE && !matches ? ERR_ABSENT : err;
}
