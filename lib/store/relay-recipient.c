/* SPDX-License-Identifier: MIT */
#include "lib/store/relay-recipient.h"

#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

static struct text domain_of(struct text address)
{
    return text_skip(mailbox_catch_all(address), 1);
}

static void bind_address(struct statement *st, struct text address)
{
    struct text local_part = address, domain = TEXT_NONE;

    (void)mailbox_split(address, &local_part, &domain);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
}

static enum err explain_refusal(struct store *store, struct text address)
{
    struct arena *arena = arena_new();
    struct domain domain = {.kind = DOMAIN_RELAY};
    enum err err = domain_find(store, domain_of(address), arena, &domain);

    if (err == ERR_ABSENT)
        err =
            statement_refuse(store, err, "there is no domain %.*s", TEXT_ARGS(domain_of(address)));
    else if (err == ERR_NONE && domain.kind != DOMAIN_RELAY)
        err = statement_refuse(store, ERR_REFUSED,
            "%.*s is no relay: who there is in it, its users and aliases say",
            TEXT_ARGS(domain.name));
    else if (err == ERR_NONE)
        err =
            statement_refuse(store, ERR_EXISTS, "%.*s is in the list already", TEXT_ARGS(address));
    arena_free(&arena);
    return err;
}

enum err relay_recipient_add(struct store *store, struct text address, int64_t now)
{
    struct statement *st = statement_start(store,
        "INSERT INTO relay_recipient (domain_id, local_part, created)"
        " SELECT id, $local_part, $now FROM domain WHERE name = $domain AND kind = 'relay'"
        " ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    bind_address(st, address);
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    return err != ERR_NONE || changes != 0 ? err : explain_refusal(store, address);
}

#define COLUMNS                                                                                    \
    "SELECT r.local_part || '@' || d.name, r.created FROM relay_recipient r"                       \
    " JOIN domain d ON d.id = r.domain_id "

enum err relay_recipient_list(struct store *store, struct text domain, struct arena *arena,
    struct relay_recipient_list *list_r)
{
    struct statement *st =
        statement_start(store, text_is_empty(domain) ? COLUMNS "ORDER BY d.name, 1"
                                                     : COLUMNS "WHERE d.name = $domain ORDER BY 1");
    ARRAY(struct relay_recipient) found = ARRAY_NONE;
    enum err err;

    if (!text_is_empty(domain))
        statement_bind_text(st, "$domain", domain);
    while (statement_step(st) == ERR_NONE)
        array_push(&found, (struct relay_recipient){
                               .address = statement_text(st, 0, arena),
                               .created = statement_number(st, 1),
                           });
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct relay_recipient_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err relay_recipient_delete(struct store *store, struct text address)
{
    struct statement *st =
        statement_start(store, "DELETE FROM relay_recipient WHERE local_part = $local_part"
                               " AND domain_id = (SELECT id FROM domain WHERE name = $domain)");
    int64_t changes;
    enum err err;

    bind_address(st, address);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "%.*s is not in the list", TEXT_ARGS(address));
    return err;
}

/* Whether a query has a row. */
static enum err look(struct store *store, struct statement *st, struct text name, const char *words)
{
    enum err found = statement_step(st), err = statement_finish(st);

    if (err == ERR_NONE && found == ERR_ABSENT)
        return statement_absent(store, "%.*s %s", TEXT_ARGS(name), words);
    return err;
}

enum err relay_recipient_find_any(struct store *store, struct text domain)
{
    struct statement *st = statement_start(store,
        "SELECT 1 FROM domain d WHERE d.name = $domain"
        " AND EXISTS (SELECT 1 FROM relay_recipient r WHERE r.domain_id = d.id)");

    statement_bind_text(st, "$domain", domain);
    return look(store, st, domain, "has no list of recipients");
}

enum err relay_recipient_accepts(struct store *store, struct text address)
{
    struct statement *st = statement_start(store,
        "SELECT 1 FROM domain d WHERE d.name = $domain"
        " AND (NOT EXISTS (SELECT 1 FROM relay_recipient r WHERE r.domain_id = d.id)"
        " OR EXISTS (SELECT 1 FROM relay_recipient r"
        " WHERE r.domain_id = d.id AND r.local_part = $local_part))");

    bind_address(st, address);
    return look(store, st, address, "is not in the list");
}
