/* SPDX-License-Identifier: MIT */
#include "lib/store/alias.h"

#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

/* One row per target; the rows of one alias follow one another. */
#define COLUMNS                                                                                    \
    "SELECT a.id, a.local_part, d.name, a.enabled, a.created, t.target, a.expires,"                \
    " a.receive_only FROM domain d"                                                                \
    " JOIN alias a ON a.domain_id = d.id JOIN alias_target t ON t.alias_id = a.id "
#define BY_ADDRESS                                                                                 \
    "WHERE local_part = $local_part"                                                               \
    " AND domain_id = (SELECT id FROM domain WHERE name = $domain)"

/* Nothing was inserted: why? */
static enum err explain_refusal(
    struct store *store, const struct alias *alias, struct text domain_name)
{
    struct arena *arena = arena_new();
    struct domain domain;
    struct alias other;
    enum err err = domain_find(store, domain_name, arena, &domain);

    if (err == ERR_ABSENT)
        err = statement_refuse(store, err, "there is no domain %.*s", TEXT_ARGS(domain_name));
    else if (err == ERR_NONE && domain.kind == DOMAIN_ALIAS)
        err = statement_refuse(store, ERR_REFUSED,
            "%.*s is an alias of %.*s: aliases belong into that", TEXT_ARGS(domain.name),
            TEXT_ARGS(domain.target));
    else if (err == ERR_NONE) {
        err = alias_find(store, alias->address, arena, &other);
        if (err == ERR_NONE)
            err = statement_refuse(
                store, ERR_EXISTS, "the alias %.*s exists already", TEXT_ARGS(alias->address));
        else if (err == ERR_ABSENT)
            err = statement_refuse(
                store, ERR_REFUSED, "%.*s is a user already", TEXT_ARGS(alias->address));
    }
    arena_free(&arena);
    return err;
}

static void bind_state(struct statement *st, const struct alias *alias)
{
    statement_bind_number(st, "$enabled", alias->enabled);
    statement_bind_number(st, "$expires", alias->expires);
    statement_bind_number(st, "$receive_only", alias->receive_only);
}

static enum err insert_alias(struct store *store, const struct alias *alias, struct text local_part,
    struct text domain, int64_t now)
{
    struct statement *st = statement_start(store,
        "INSERT INTO alias (domain_id, local_part, enabled, created, expires, receive_only)"
        " SELECT d.id, $local_part, $enabled, $now, $expires, $receive_only FROM domain d"
        " WHERE d.name = $domain AND d.kind <> 'alias' AND NOT EXISTS"
        " (SELECT 1 FROM mail_user u WHERE u.domain_id = d.id AND u.local_part = $local_part)"
        " ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$local_part", local_part);
    bind_state(st, alias);
    statement_bind_number(st, "$now", now);
    statement_bind_text(st, "$domain", domain);
    err = statement_run(st, &changes);
    return err != ERR_NONE || changes != 0 ? err : explain_refusal(store, alias, domain);
}

static enum err insert_targets(
    struct store *store, const struct alias *alias, struct text local_part, struct text domain)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < alias->target_count; i++) {
        struct statement *st = statement_start(store,
            "INSERT INTO alias_target (alias_id, position, target)"
            " SELECT id, $position, $target FROM alias " BY_ADDRESS " ON CONFLICT DO NOTHING");

        statement_bind_number(st, "$position", (int64_t)i);
        statement_bind_text(st, "$target", alias->targets[i]);
        statement_bind_text(st, "$local_part", local_part);
        statement_bind_text(st, "$domain", domain);
        err = statement_run(st, NULL);
    }
    return err;
}

static bool has_fitting_targets(const struct alias *alias)
{
    return alias->target_count != 0 && alias->target_count <= ALIAS_TARGETS_MAX;
}

static enum err refuse_targets(struct store *store)
{
    return statement_refuse(store, ERR_RANGE, "an alias has 1 to %d targets", ALIAS_TARGETS_MAX);
}

enum err alias_add(struct store *store, const struct alias *alias, int64_t now)
{
    struct text local_part, domain;
    enum err err;
    bool own;

    if (!mailbox_split(alias->address, &local_part, &domain))
        return statement_refuse(store, ERR_ABSENT, "no address: %.*s", TEXT_ARGS(alias->address));
    if (!has_fitting_targets(alias))
        return refuse_targets(store);
    own = statement_begin(store);
    err = insert_alias(store, alias, local_part, domain, now);
    if (err == ERR_NONE)
        err = insert_targets(store, alias, local_part, domain);
    return statement_end(store, own, err);
}

static enum err update_alias(
    struct store *store, const struct alias *alias, struct text local_part, struct text domain)
{
    struct statement *st =
        statement_start(store, "UPDATE alias SET enabled = $enabled, expires = $expires, "
                               "receive_only = $receive_only " BY_ADDRESS);
    int64_t changes;
    enum err err;

    bind_state(st, alias);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(
            store, ERR_ABSENT, "there is no alias %.*s", TEXT_ARGS(alias->address));
    return err;
}

static enum err delete_targets(struct store *store, struct text local_part, struct text domain)
{
    struct statement *st = statement_start(
        store, "DELETE FROM alias_target WHERE alias_id = (SELECT id FROM alias " BY_ADDRESS ")");

    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    return statement_run(st, NULL);
}

enum err alias_update(struct store *store, const struct alias *alias)
{
    struct text local_part, domain;
    enum err err;
    bool own;

    if (!mailbox_split(alias->address, &local_part, &domain))
        return statement_refuse(store, ERR_ABSENT, "no address: %.*s", TEXT_ARGS(alias->address));
    if (!has_fitting_targets(alias))
        return refuse_targets(store);
    own = statement_begin(store);
    err = update_alias(store, alias, local_part, domain);
    if (err == ERR_NONE)
        err = delete_targets(store, local_part, domain);
    if (err == ERR_NONE)
        err = insert_targets(store, alias, local_part, domain);
    return statement_end(store, own, err);
}

bool alias_is_in_force(const struct alias *alias, int64_t now)
{
    return alias->enabled && (alias->expires == 0 || now < alias->expires);
}

/* The aliases of a statement's rows, which come target by target. */
struct collector {
    struct arena *arena;
    ARRAY(struct alias) aliases;
    ARRAY(struct text) targets; /* of the last alias */
    int64_t id;
};

static void close_last(struct collector *all)
{
    struct alias *last;

    if (all->aliases.count == 0)
        return;
    last = &all->aliases.items[all->aliases.count - 1];
    last->targets =
        rows_keep(all->arena, all->targets.items, all->targets.count, sizeof(struct text));
    last->target_count = all->targets.count;
    array_clear(&all->targets);
}

static void collect_row(struct collector *all, struct statement *st)
{
    int64_t id = statement_number(st, 0);

    if (all->aliases.count == 0 || id != all->id) {
        struct text local_part = statement_text(st, 1, all->arena);
        struct text domain = statement_text(st, 2, all->arena);

        close_last(all);
        all->id = id;
        array_push(&all->aliases, (struct alias){
                                      .address = arena_print(all->arena, "%.*s@%.*s",
                                          TEXT_ARGS(local_part), TEXT_ARGS(domain)),
                                      .enabled = statement_flag(st, 3),
                                      .created = statement_number(st, 4),
                                      .expires = statement_number(st, 6),
                                      .receive_only = statement_flag(st, 7),
                                  });
    }
    array_push(&all->targets, statement_text(st, 5, all->arena));
}

static enum err collect(struct statement *st, struct arena *arena, struct alias_list *list_r)
{
    struct collector all = {.arena = arena, .aliases = ARRAY_NONE, .targets = ARRAY_NONE};
    enum err err;

    while (statement_step(st) == ERR_NONE)
        collect_row(&all, st);
    err = statement_finish(st);
    close_last(&all);
    if (err == ERR_NONE)
        *list_r = (struct alias_list){
            rows_keep(arena, all.aliases.items, all.aliases.count, sizeof(struct alias)),
            all.aliases.count};
    array_done(&all.aliases);
    array_done(&all.targets);
    return err;
}

enum err alias_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r)
{
    struct text local_part, domain;
    struct alias_list list;
    struct statement *st;
    enum err err;

    if (!mailbox_split(address, &local_part, &domain))
        return statement_absent(store, "no address: %.*s", TEXT_ARGS(address));
    st = statement_start(
        store, COLUMNS "WHERE d.name = $domain AND a.local_part = $local_part ORDER BY t.position");
    statement_bind_text(st, "$domain", domain);
    statement_bind_text(st, "$local_part", local_part);
    err = collect(st, arena, &list);
    if (err == ERR_NONE && list.count == 0)
        return statement_absent(store, "there is no alias %.*s", TEXT_ARGS(address));
    if (err == ERR_NONE)
        *alias_r = list.items[0];
    return err;
}

enum err alias_list(
    struct store *store, struct text domain, struct arena *arena, struct alias_list *list_r)
{
    struct statement *st = statement_start(store,
        text_is_empty(domain) ? COLUMNS "ORDER BY d.name, a.local_part, t.position"
                              : COLUMNS "WHERE d.name = $domain ORDER BY a.local_part, t.position");

    if (!text_is_empty(domain))
        statement_bind_text(st, "$domain", domain);
    return collect(st, arena, list_r);
}

enum err alias_delete(struct store *store, struct text address)
{
    struct text local_part, domain;
    struct statement *st;
    int64_t changes;
    enum err err;

    if (!mailbox_split(address, &local_part, &domain))
        return statement_refuse(store, ERR_ABSENT, "no address: %.*s", TEXT_ARGS(address));
    st = statement_start(store, "DELETE FROM alias " BY_ADDRESS);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "there is no alias %.*s", TEXT_ARGS(address));
    return err;
}

enum err alias_list_by_target(
    struct store *store, struct text target, struct arena *arena, struct alias_list *list_r)
{
    struct statement *st = statement_start(store,
        COLUMNS "WHERE a.id IN (SELECT alias_id FROM alias_target WHERE target = $target)"
                " ORDER BY d.name, a.local_part, t.position");

    statement_bind_text(st, "$target", target);
    return collect(st, arena, list_r);
}
