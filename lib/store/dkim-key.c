/* SPDX-License-Identifier: MIT */
#include "lib/store/dkim-key.h"

#include <assert.h>

#include "lib/store/dkim-delegation.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

#define COLUMNS                                                                                    \
    "SELECT domain, selector, algorithm, bits, state, record, created,"                            \
    " CASE changed WHEN 0 THEN created ELSE changed END, replaces, seen, ttl,"                     \
    " (SELECT zone FROM dkim_delegation d WHERE d.domain = dkim_key.domain), doubted"
#define WITH_PEM COLUMNS ", pem FROM dkim_key "
#define WITHOUT_PEM COLUMNS ", '' FROM dkim_key "
#define BY_NAME "WHERE domain = $domain AND selector = $selector"

static const char *const state_words[] = {
    [DKIM_KEY_MADE] = "made",
    [DKIM_KEY_PUBLISHED] = "published",
    [DKIM_KEY_ACTIVE] = "active",
    [DKIM_KEY_RETIRED] = "retired",
    [DKIM_KEY_REVOKED] = "revoked",
    [DKIM_KEY_GONE] = "gone",
    [DKIM_KEY_UNKNOWN] = "unknown",
};

const char *dkim_key_state_word(enum dkim_key_state state)
{
    assert((size_t)state < sizeof state_words / sizeof *state_words);
    return state_words[state];
}

struct text dkim_key_word(const struct dkim_key *key)
{
    return text_is_empty(key->word) ? text_from_string(dkim_key_state_word(key->state)) : key->word;
}

struct text dkim_key_owner(const struct dkim_key *key, struct arena *arena)
{
    return arena_print(
        arena, "%.*s._domainkey.%.*s", TEXT_ARGS(key->selector), TEXT_ARGS(key->domain));
}

struct text dkim_key_place(const struct dkim_key *key, struct arena *arena)
{
    struct text owner = dkim_key_owner(key, arena);

    return text_is_empty(key->zone) ? owner : dkim_delegation_target(owner, key->zone, arena);
}

struct text dkim_key_wanted(const struct dkim_key *key)
{
    switch (key->state) {
    case DKIM_KEY_REVOKED:
        return TEXT("v=DKIM1; p=");
    case DKIM_KEY_GONE:
        return TEXT_NONE;
    default:
        return key->record;
    }
}

static enum dkim_key_state find_state(struct text word)
{
    for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
        if (text_equals(word, text_from_string(state_words[i])))
            return (enum dkim_key_state)i;
    return DKIM_KEY_UNKNOWN;
}

static struct dkim_key read_row(struct statement *st, struct arena *arena)
{
    struct text word = statement_text(st, 4, arena);
    enum dkim_key_state state = find_state(word);

    struct dkim_key key = {
        .domain = statement_text(st, 0, arena),
        .selector = statement_text(st, 1, arena),
        .algorithm = statement_text(st, 2, arena),
        .bits = (unsigned)statement_number(st, 3),
        .state = state,
        .word = state == DKIM_KEY_UNKNOWN ? word : TEXT_NONE,
        .record = statement_text(st, 5, arena),
        .created = statement_number(st, 6),
        .state_since = statement_number(st, 7),
        .replaces = statement_text(st, 8, arena),
        .seen = statement_number(st, 9),
        .ttl_s = statement_number(st, 10),
        .doubted = statement_number(st, 12),
        .pem = statement_text(st, 13, arena),
    };

    if (dkim_delegation_has(key.selector))
        key.zone = statement_text(st, 11, arena);
    return key;
}

static void bind_name(struct statement *st, struct text domain, struct text selector)
{
    statement_bind_text(st, "$domain", domain);
    statement_bind_text(st, "$selector", selector);
}

enum err dkim_key_add(struct store *store, const struct dkim_key *key, int64_t now)
{
    struct statement *st = statement_start(store,
        "INSERT INTO dkim_key"
        " (domain, selector, algorithm, bits, state, record, pem, created, replaces)"
        " VALUES ($domain, $selector, $algorithm, $bits, $state, $record, $pem, $now, $replaces)"
        " ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    bind_name(st, key->domain, key->selector);
    statement_bind_text(st, "$algorithm", key->algorithm);
    statement_bind_number(st, "$bits", key->bits);
    statement_bind_text(st, "$state", text_from_string(dkim_key_state_word(key->state)));
    statement_bind_text(st, "$record", key->record);
    statement_bind_text(st, "$pem", key->pem);
    statement_bind_text(st, "$replaces", key->replaces);
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_EXISTS, "the key %.*s of %.*s exists already",
            TEXT_ARGS(key->selector), TEXT_ARGS(key->domain));
    return err;
}

static enum err collect(struct statement *st, struct arena *arena, struct dkim_key_list *list_r)
{
    ARRAY(struct dkim_key) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, read_row(st, arena));
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct dkim_key_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err dkim_key_list(
    struct store *store, struct text domain, struct arena *arena, struct dkim_key_list *list_r)
{
    struct statement *st = statement_start(
        store, text_is_empty(domain) ? WITHOUT_PEM "ORDER BY domain, selector"
                                     : WITHOUT_PEM "WHERE domain = $domain ORDER BY selector");

    if (!text_is_empty(domain))
        statement_bind_text(st, "$domain", domain);
    return collect(st, arena, list_r);
}

enum err dkim_key_list_active(
    struct store *store, struct text domain, struct arena *arena, struct dkim_key_list *list_r)
{
    struct statement *st = statement_start(
        store, WITH_PEM "WHERE domain = $domain AND state = $state ORDER BY selector");

    statement_bind_text(st, "$domain", domain);
    statement_bind_text(st, "$state", text_from_string(dkim_key_state_word(DKIM_KEY_ACTIVE)));
    return collect(st, arena, list_r);
}

static enum err say_absent(struct store *store, struct text domain, struct text selector)
{
    return statement_absent(
        store, "there is no key %.*s of %.*s", TEXT_ARGS(selector), TEXT_ARGS(domain));
}

enum err dkim_key_find(struct store *store, struct text domain, struct text selector,
    struct arena *arena, struct dkim_key *key_r)
{
    struct statement *st = statement_start(store, WITH_PEM BY_NAME);
    enum err err, end;

    bind_name(st, domain, selector);
    err = statement_step(st);
    if (err == ERR_NONE)
        *key_r = read_row(st, arena);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    return err == ERR_ABSENT ? say_absent(store, domain, selector) : err;
}

static enum err run_for_name(
    struct store *store, struct statement *st, struct text domain, struct text selector)
{
    int64_t changes;
    enum err err;

    bind_name(st, domain, selector);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "there is no key %.*s of %.*s",
            TEXT_ARGS(selector), TEXT_ARGS(domain));
    return err;
}

/* Why nothing was changed: there is no such key, its private part is no more, or it is not ours. */
static enum err refuse_change(struct store *store, struct text domain, struct text selector)
{
    struct statement *st =
        statement_start(store, "SELECT state IN ('revoked', 'gone') FROM dkim_key " BY_NAME);
    bool was_revoked = false;
    enum err err, end;

    bind_name(st, domain, selector);
    err = statement_step(st);
    if (err == ERR_NONE)
        was_revoked = statement_flag(st, 0);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_NONE)
        return statement_refuse(store, ERR_REFUSED, "the key %.*s of %.*s %s", TEXT_ARGS(selector),
            TEXT_ARGS(domain),
            was_revoked ? "was revoked, and its private part is no more"
                        : "is in a state that only a later version of mailctl knows");
    return statement_refuse(
        store, ERR_ABSENT, "there is no key %.*s of %.*s", TEXT_ARGS(selector), TEXT_ARGS(domain));
}

static enum err update_state(struct store *store, struct text domain, struct text selector,
    enum dkim_key_state state, int64_t now)
{
    struct statement *st = statement_start(store,
        "UPDATE dkim_key SET doubted = CASE WHEN max(changed, created, seen) > $now"
        "  THEN max(doubted, changed, created, seen) ELSE doubted END,"
        " changed = CASE WHEN state = $state"
        "  AND CASE changed WHEN 0 THEN created ELSE changed END <= $now THEN changed"
        "  ELSE $now END,"
        " seen = CASE WHEN $state = state OR $state IN ('active', 'retired') THEN seen"
        "  WHEN $state = 'published' THEN $now ELSE 0 END,"
        " pem = CASE WHEN $state IN ('revoked', 'gone') THEN '' ELSE pem END,"
        " state = $state " BY_NAME " AND (state IN ('made', 'published', 'active', 'retired')"
        "  OR state IN ('revoked', 'gone') AND $state IN (state, 'gone'))");
    int64_t changes;
    enum err err;

    bind_name(st, domain, selector);
    statement_bind_text(st, "$state", text_from_string(dkim_key_state_word(state)));
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    return err == ERR_NONE && changes == 0 ? refuse_change(store, domain, selector) : err;
}

enum err dkim_key_set_state(struct store *store, struct text domain, struct text selector,
    enum dkim_key_state state, int64_t now)
{
    bool own = statement_begin(store);

    assert(state != DKIM_KEY_UNKNOWN);
    if (state == DKIM_KEY_REVOKED || state == DKIM_KEY_GONE)
        statement_destroys(store);
    return statement_end(store, own, update_state(store, domain, selector, state, now));
}

enum err dkim_key_set_doubted(
    struct store *store, struct text domain, struct text selector, int64_t doubted, int64_t since)
{
    struct statement *st =
        statement_start(store, "UPDATE dkim_key SET doubted = $doubted, changed = $since " BY_NAME);

    statement_bind_number(st, "$doubted", doubted);
    statement_bind_number(st, "$since", since);
    return run_for_name(store, st, domain, selector);
}

enum err dkim_key_set_seen(
    struct store *store, struct text domain, struct text selector, int64_t seen, int64_t ttl_s)
{
    struct statement *st =
        statement_start(store, "UPDATE dkim_key SET seen = $seen, ttl = $ttl " BY_NAME);

    statement_bind_number(st, "$seen", seen);
    statement_bind_number(st, "$ttl", ttl_s);
    return run_for_name(store, st, domain, selector);
}

static enum err forget_former(struct store *store, struct text domain, struct text selector)
{
    struct statement *st = statement_start(
        store, "UPDATE dkim_key SET replaces = '' WHERE domain = $domain AND replaces = $selector");

    bind_name(st, domain, selector);
    return statement_run(st, NULL);
}

enum err dkim_key_delete(struct store *store, struct text domain, struct text selector)
{
    bool own = statement_begin(store);
    enum err err;

    statement_destroys(store);
    err = run_for_name(
        store, statement_start(store, "DELETE FROM dkim_key " BY_NAME), domain, selector);
    if (err == ERR_NONE)
        err = forget_former(store, domain, selector);
    return statement_end(store, own, err);
}
