/* SPDX-License-Identifier: MIT */
#include "lib/store/dns-option.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

enum err dns_option_list(
    struct store *store, struct text domain, struct arena *arena, struct dns_option_list *list_r)
{
    struct statement *st = statement_start(store,
        "SELECT o.name, o.value FROM dns_option o JOIN domain d ON d.id = o.domain_id"
        " WHERE d.name = $domain ORDER BY o.name, o.position");
    ARRAY(struct dns_option) found = ARRAY_NONE;
    enum err err;

    statement_bind_text(st, "$domain", domain);
    while (statement_step(st) == ERR_NONE) {
        struct text name = statement_text(st, 0, arena);

        array_push(&found, (struct dns_option){name, statement_text(st, 1, arena)});
    }
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct dns_option_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

static enum err forget(struct store *store, struct text domain, struct text name)
{
    struct statement *st =
        statement_start(store, "DELETE FROM dns_option WHERE name = $name"
                               " AND domain_id = (SELECT id FROM domain WHERE name = $domain)");
    int64_t changes;

    statement_bind_text(st, "$name", name);
    statement_bind_text(st, "$domain", domain);
    return statement_run(st, &changes);
}

static enum err add(
    struct store *store, struct text domain, struct text name, struct text value, size_t position)
{
    struct statement *st = statement_start(store,
        "INSERT INTO dns_option (domain_id, name, position, value)"
        " SELECT id, $name, $position, $value FROM domain WHERE name = $domain");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$name", name);
    statement_bind_number(st, "$position", (int64_t)position);
    statement_bind_text(st, "$value", value);
    statement_bind_text(st, "$domain", domain);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "there is no domain %.*s", TEXT_ARGS(domain));
    return err;
}

enum err dns_option_set(struct store *store, struct text domain, struct text name,
    const struct text *values, size_t count)
{
    bool own = statement_begin(store);
    enum err err = forget(store, domain, name);

    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = add(store, domain, name, values[i], i);
    return statement_end(store, own, err);
}
