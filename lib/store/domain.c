/* SPDX-License-Identifier: MIT */
#include "lib/store/domain.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

#define COLUMNS                                                                                    \
    "SELECT d.name, d.enabled, d.created, d.kind, coalesce(t.name, ''), d.signs, d.spf_includes,"  \
    " d.report_address, d.default_quota_bytes, d.transport"                                        \
    " FROM domain d LEFT JOIN domain t ON t.id = d.alias_of "

static const char *const kind_words[] = {
    [DOMAIN_MAILBOX] = "mailbox",
    [DOMAIN_ALIAS] = "alias",
    [DOMAIN_RELAY] = "relay",
};

const char *domain_kind_word(enum domain_kind kind)
{
    return kind_words[kind];
}

bool domain_kind_parse(struct text word, enum domain_kind *kind_r)
{
    for (size_t i = 0; i < sizeof kind_words / sizeof *kind_words; i++)
        if (text_equals(word, text_from_string(kind_words[i]))) {
            *kind_r = (enum domain_kind)i;
            return true;
        }
    return false;
}

/* Of a newer schema there may be another word: such a domain has no mailboxes that we know of. */
static enum domain_kind kind_of(struct text word)
{
    enum domain_kind kind = DOMAIN_RELAY;

    (void)domain_kind_parse(word, &kind);
    return kind;
}

static struct domain read_row(struct statement *st, struct arena *arena)
{
    return (struct domain){
        .name = statement_text(st, 0, arena),
        .enabled = statement_flag(st, 1),
        .created = statement_number(st, 2),
        .kind = kind_of(statement_text(st, 3, arena)),
        .target = statement_text(st, 4, arena),
        .signs = statement_flag(st, 5),
        .spf_includes = statement_text(st, 6, arena),
        .report_address = statement_text(st, 7, arena),
        .default_quota_bytes = statement_number(st, 8),
        .transport = statement_text(st, 9, arena),
    };
}

enum err domain_add(struct store *store, struct text name, int64_t now)
{
    struct statement *st = statement_start(
        store, "INSERT INTO domain (name, created) VALUES ($name, $now) ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$name", name);
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_EXISTS, "the domain %.*s exists already", TEXT_ARGS(name));
    return err;
}

enum err domain_find(
    struct store *store, struct text name, struct arena *arena, struct domain *domain_r)
{
    struct statement *st = statement_start(store, COLUMNS "WHERE d.name = $name");
    enum err err, end;

    statement_bind_text(st, "$name", name);
    err = statement_step(st);
    if (err == ERR_NONE)
        *domain_r = read_row(st, arena);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "there is no domain %.*s", TEXT_ARGS(name));
    return err;
}

enum err domain_find_above(
    struct store *store, struct text name, struct arena *arena, struct text *domain_r)
{
    struct domain domain;
    enum err err = ERR_ABSENT;

    while (err == ERR_ABSENT && !text_is_empty(name)) {
        err = domain_find(store, name, arena, &domain);
        name = text_skip(name, text_find(name, '.') + 1);
    }
    if (err == ERR_NONE)
        *domain_r = domain.name;
    return err;
}

static enum err collect(struct statement *st, struct arena *arena, struct domain_list *list_r)
{
    ARRAY(struct domain) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, read_row(st, arena));
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct domain_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err domain_list(struct store *store, struct arena *arena, struct domain_list *list_r)
{
    return collect(statement_start(store, COLUMNS "ORDER BY d.name"), arena, list_r);
}

enum err domain_list_aliases(
    struct store *store, struct text name, struct arena *arena, struct domain_list *list_r)
{
    struct statement *st = statement_start(store,
        COLUMNS "WHERE d.alias_of = (SELECT id FROM domain WHERE name = $name)"
                " ORDER BY d.name");

    statement_bind_text(st, "$name", name);
    return collect(st, arena, list_r);
}

/* --- update --- */

#define KIND(name) (1U << DOMAIN_##name)

/* What stands against a domain's being of a kind, each a query that finds a row where it does. */
static const struct obstacle {
    unsigned kinds; /* those that it stands against */
    const char *query, *words;
} obstacles[] = {
    {KIND(ALIAS) | KIND(RELAY),
     "SELECT 1 FROM mail_user u JOIN domain d ON d.id = u.domain_id WHERE d.name = $name",                          "still has users"                   },
    {KIND(ALIAS),                 "SELECT 1 FROM alias a JOIN domain d ON d.id = a.domain_id WHERE d.name = $name",
     "still has aliases"                                                                                                                                },
    {KIND(ALIAS) | KIND(RELAY),
     "SELECT 1 FROM domain o JOIN domain d ON d.id = o.alias_of WHERE d.name = $name",                              "has domains that are aliases of it"},
    {KIND(ALIAS) | KIND(MAILBOX),
     "SELECT 1 FROM relay_recipient r JOIN domain d ON d.id = r.domain_id WHERE d.name = $name",                    "still has a list of recipients"    },
};

/* What it would become. */
static const char *const kind_phrases[] = {
    [DOMAIN_MAILBOX] = "one with mailboxes",
    [DOMAIN_ALIAS] = "an alias",
    [DOMAIN_RELAY] = "a relay",
};

static enum err refuse_obstacle(
    struct store *store, const struct domain *domain, const struct obstacle *obstacle)
{
    struct statement *st = statement_start(store, obstacle->query);
    enum err found, err;

    statement_bind_text(st, "$name", domain->name);
    found = statement_step(st);
    err = statement_finish(st);
    if (err == ERR_NONE && found == ERR_NONE)
        return statement_refuse(store, ERR_REFUSED, "the domain %.*s %s: it cannot become %s",
            TEXT_ARGS(domain->name), obstacle->words, kind_phrases[domain->kind]);
    return err;
}

static enum err check_target(struct store *store, const struct domain *domain)
{
    struct arena *arena = arena_new();
    struct domain target = {.kind = DOMAIN_RELAY};
    enum err err = domain_find(store, domain->target, arena, &target);

    if (err == ERR_ABSENT)
        err = statement_refuse(store, err, "there is no domain %.*s", TEXT_ARGS(domain->target));
    else if (err == ERR_NONE &&
             (target.kind != DOMAIN_MAILBOX || text_equals(target.name, domain->name)))
        err = statement_refuse(store, ERR_REFUSED, "%.*s cannot be an alias of %.*s, which %s",
            TEXT_ARGS(domain->name), TEXT_ARGS(target.name),
            text_equals(target.name, domain->name) ? "is the same" : "has no mailboxes itself");
    arena_free(&arena);
    return err;
}

static enum err check_kind(struct store *store, const struct domain *domain)
{
    enum err err = domain->kind == DOMAIN_ALIAS ? check_target(store, domain) : ERR_NONE;

    if (err == ERR_NONE && domain->kind == DOMAIN_ALIAS && domain->transport.len != 0)
        err = statement_refuse(store, ERR_REFUSED,
            "%.*s is to be an alias, whose mail goes where that of %.*s does: it has no transport",
            TEXT_ARGS(domain->name), TEXT_ARGS(domain->target));
    for (size_t i = 0; err == ERR_NONE && i < sizeof obstacles / sizeof *obstacles; i++)
        if ((obstacles[i].kinds & 1U << domain->kind) != 0)
            err = refuse_obstacle(store, domain, &obstacles[i]);
    return err;
}

static enum err write_row(struct store *store, const struct domain *domain)
{
    struct statement *st = statement_start(store,
        "UPDATE domain SET kind = $kind, enabled = $enabled, signs = $signs,"
        " alias_of = (SELECT id FROM domain t WHERE t.name = $target AND $kind = 'alias'),"
        " spf_includes = $spf_includes, report_address = $report_address,"
        " default_quota_bytes = $default_quota_bytes, transport = $transport WHERE name = $name");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$kind", text_from_string(domain_kind_word(domain->kind)));
    statement_bind_number(st, "$enabled", domain->enabled);
    statement_bind_number(st, "$signs", domain->signs);
    statement_bind_text(st, "$target", domain->target);
    statement_bind_text(st, "$spf_includes", domain->spf_includes);
    statement_bind_text(st, "$report_address", domain->report_address);
    statement_bind_number(st, "$default_quota_bytes", domain->default_quota_bytes);
    statement_bind_text(st, "$transport", domain->transport);
    statement_bind_text(st, "$name", domain->name);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_ABSENT, "there is no domain %.*s", TEXT_ARGS(domain->name));
    return err;
}

enum err domain_update(struct store *store, const struct domain *domain)
{
    bool own = statement_begin(store);
    enum err err = check_kind(store, domain);

    if (err == ERR_NONE)
        err = write_row(store, domain);
    return statement_end(store, own, err);
}

/* --- delete --- */

/* Nothing was deleted: why? */
static enum err explain_refusal(struct store *store, struct text name)
{
    struct arena *arena = arena_new();
    struct domain_list aliases = {NULL, 0};
    struct domain domain;
    enum err err = domain_find(store, name, arena, &domain);

    if (err == ERR_NONE)
        err = domain_list_aliases(store, name, arena, &aliases);
    if (err == ERR_NONE && aliases.count != 0)
        err = statement_refuse(store, ERR_REFUSED, "%.*s is an alias of the domain %.*s",
            TEXT_ARGS(aliases.items[0].name), TEXT_ARGS(name));
    else if (err == ERR_NONE)
        err = statement_refuse(
            store, ERR_REFUSED, "the domain %.*s still has users or aliases", TEXT_ARGS(name));
    else if (err == ERR_ABSENT)
        err = statement_refuse(store, err, "there is no domain %.*s", TEXT_ARGS(name));
    arena_free(&arena);
    return err;
}

/* One statement looks and deletes, so that nobody moves in between; the rest is cascaded. */
enum err domain_delete(struct store *store, struct text name, bool with_content)
{
    struct statement *st = statement_start(store,
        "DELETE FROM domain WHERE name = $name"
        " AND NOT EXISTS (SELECT 1 FROM domain o WHERE o.alias_of = domain.id)"
        " AND ($with_content <> 0"
        " OR (NOT EXISTS (SELECT 1 FROM mail_user u WHERE u.domain_id = domain.id)"
        " AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.domain_id = domain.id)))");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$name", name);
    statement_bind_number(st, "$with_content", with_content);
    err = statement_run(st, &changes);
    return err != ERR_NONE || changes != 0 ? err : explain_refusal(store, name);
}
