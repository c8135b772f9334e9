/* SPDX-License-Identifier: MIT */
#include "lib/store/dkim-delegation.h"

#include <assert.h>

#include "lib/store/statement.h"

enum err dkim_delegation_find(
    struct store *store, struct text domain, struct arena *arena, struct text *zone_r)
{
    struct statement *st =
        statement_start(store, "SELECT zone FROM dkim_delegation WHERE domain = $domain");
    struct text zone = TEXT_NONE;
    enum err err;

    statement_bind_text(st, "$domain", domain);
    if (statement_step(st) == ERR_NONE)
        zone = statement_text(st, 0, arena);
    err = statement_finish(st);
    if (err == ERR_NONE)
        *zone_r = zone;
    return err;
}

static enum err forget(struct store *store, struct text domain)
{
    struct statement *st =
        statement_start(store, "DELETE FROM dkim_delegation WHERE domain = $domain");

    statement_bind_text(st, "$domain", domain);
    return statement_run(st, NULL);
}

static enum err add(struct store *store, struct text domain, struct text zone)
{
    struct statement *st = statement_start(
        store, "INSERT INTO dkim_delegation (domain, zone) VALUES ($domain, $zone)");

    statement_bind_text(st, "$domain", domain);
    statement_bind_text(st, "$zone", zone);
    return statement_run(st, NULL);
}

enum err dkim_delegation_set(struct store *store, struct text domain, struct text zone)
{
    bool own = statement_begin(store);
    enum err err = forget(store, domain);

    if (err == ERR_NONE && !text_is_empty(zone))
        err = add(store, domain, zone);
    return statement_end(store, own, err);
}

/* --- names ---------------------------------------------------------------- */

static const char *const selectors[][DKIM_DELEGATION_NAMES] = {
    {"s1r", "s2r"},
    {"s1e", "s2e"}
};

struct text dkim_delegation_selector(struct text algorithm, size_t number)
{
    assert(number < DKIM_DELEGATION_NAMES);
    return text_from_string(selectors[text_equals(algorithm, TEXT("rsa")) ? 0 : 1][number]);
}

bool dkim_delegation_has(struct text selector)
{
    for (size_t i = 0; i < 2 * DKIM_DELEGATION_NAMES; i++)
        if (text_equals(selector,
                text_from_string(selectors[i / DKIM_DELEGATION_NAMES][i % DKIM_DELEGATION_NAMES])))
            return true;
    return false;
}

struct text dkim_delegation_target(struct text owner, struct text zone, struct arena *arena)
{
    return arena_print(arena, "%.*s.%.*s", TEXT_ARGS(owner), TEXT_ARGS(zone));
}
