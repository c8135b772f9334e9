/* SPDX-License-Identifier: MIT */
#include "lib/store/dns-made.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

enum err dns_made_list(
    struct store *store, struct text domain, struct arena *arena, struct dns_made_list *list_r)
{
    struct statement *st = statement_start(store,
        "SELECT m.owner, m.type, m.data FROM dns_made m JOIN domain d ON d.id = m.domain_id"
        " WHERE d.name = $domain ORDER BY m.owner, m.type, m.data");
    ARRAY(struct dns_made) found = ARRAY_NONE;
    enum err err;

    statement_bind_text(st, "$domain", domain);
    while (statement_step(st) == ERR_NONE) {
        struct dns_made made = {.owner = statement_text(st, 0, arena)};

        made.type = statement_text(st, 1, arena);
        made.data = statement_text(st, 2, arena);
        array_push(&found, made);
    }
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct dns_made_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

static enum err forget(struct store *store, struct text domain)
{
    struct statement *st = statement_start(store,
        "DELETE FROM dns_made WHERE domain_id = (SELECT id FROM domain WHERE name = $domain)");
    int64_t changes;

    statement_bind_text(st, "$domain", domain);
    return statement_run(st, &changes);
}

/* The same record twice is one. */
static enum err add(struct store *store, struct text domain, const struct dns_made *made)
{
    struct statement *st =
        statement_start(store, "INSERT INTO dns_made (domain_id, owner, type, data)"
                               " SELECT id, $owner, $type, $data FROM domain WHERE name = $domain"
                               " ON CONFLICT DO NOTHING");
    int64_t changes;

    statement_bind_text(st, "$owner", made->owner);
    statement_bind_text(st, "$type", made->type);
    statement_bind_text(st, "$data", made->data);
    statement_bind_text(st, "$domain", domain);
    return statement_run(st, &changes);
}

enum err dns_made_replace(
    struct store *store, struct text domain, const struct dns_made *records, size_t count)
{
    bool own = statement_begin(store);
    enum err err = forget(store, domain);

    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = add(store, domain, &records[i]);
    return statement_end(store, own, err);
}
