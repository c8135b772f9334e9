/* SPDX-License-Identifier: MIT */
#include "lib/store/user.h"

#include "lib/base/buffer.h"
#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

#define COLUMNS                                                                                    \
    "SELECT u.local_part, d.name, u.display_name,"                                                 \
    " CASE WHEN u.inherits_quota THEN d.default_quota_bytes ELSE u.quota_bytes END, u.enabled,"    \
    " u.created, u.inherits_quota, u.protocols, u.needs_app_password, d.enabled"                   \
    " FROM domain d JOIN mail_user u ON u.domain_id = d.id "
#define BY_ADDRESS                                                                                 \
    "WHERE local_part = $local_part"                                                               \
    " AND domain_id = (SELECT id FROM domain WHERE name = $domain)"

static struct user read_row(struct statement *st, struct arena *arena)
{
    struct user user = {
        .local_part = statement_text(st, 0, arena),
        .domain = statement_text(st, 1, arena),
        .display_name = statement_text(st, 2, arena),
        .quota_bytes = statement_number(st, 3),
        .enabled = statement_flag(st, 4),
        .created = statement_number(st, 5),
        .inherits_quota = statement_flag(st, 6),
        .protocols = protocols_read(statement_text(st, 7, arena)),
        .needs_app_password = statement_flag(st, 8),
        .domain_enabled = statement_flag(st, 9),
    };

    user.address =
        arena_print(arena, "%.*s@%.*s", TEXT_ARGS(user.local_part), TEXT_ARGS(user.domain));
    return user;
}

/* Nothing was inserted: why? */
static enum err explain_refusal(struct store *store, const struct user *user)
{
    struct arena *arena = arena_new();
    struct text address =
        arena_print(arena, "%.*s@%.*s", TEXT_ARGS(user->local_part), TEXT_ARGS(user->domain));
    struct domain domain;
    struct user other;
    enum err err = domain_find(store, user->domain, arena, &domain);

    if (err == ERR_ABSENT)
        err = statement_refuse(store, err, "there is no domain %.*s", TEXT_ARGS(user->domain));
    else if (err == ERR_NONE && domain.kind == DOMAIN_ALIAS)
        err =
            statement_refuse(store, ERR_REFUSED, "%.*s is an alias of %.*s: users belong into that",
                TEXT_ARGS(domain.name), TEXT_ARGS(domain.target));
    else if (err == ERR_NONE && domain.kind == DOMAIN_RELAY)
        err = statement_refuse(store, ERR_REFUSED, "%.*s is a relay: its mailboxes are elsewhere",
            TEXT_ARGS(domain.name));
    else if (err == ERR_NONE) {
        err = user_find(store, address, arena, &other);
        if (err == ERR_NONE)
            err = statement_refuse(
                store, ERR_EXISTS, "the user %.*s exists already", TEXT_ARGS(address));
        else if (err == ERR_ABSENT)
            err = statement_refuse(
                store, ERR_REFUSED, "%.*s is an alias already", TEXT_ARGS(address));
    }
    arena_free(&arena);
    return err;
}

/* What is inherited is not the user's own. */
static void bind_quota(struct statement *st, const struct user *user)
{
    statement_bind_number(st, "$quota_bytes", user->inherits_quota ? 0 : user->quota_bytes);
    statement_bind_number(st, "$inherits_quota", user->inherits_quota);
}

enum err user_add(struct store *store, const struct user *user, int64_t now)
{
    struct statement *st = statement_start(store,
        "INSERT INTO mail_user"
        " (domain_id, local_part, display_name, quota_bytes, inherits_quota, created)"
        " SELECT d.id, $local_part, $display_name, $quota_bytes, $inherits_quota, $now"
        " FROM domain d WHERE d.name = $domain AND d.kind = 'mailbox' AND NOT EXISTS"
        " (SELECT 1 FROM alias a WHERE a.domain_id = d.id AND a.local_part = $local_part)"
        " ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$local_part", user->local_part);
    statement_bind_text(st, "$display_name", user->display_name);
    bind_quota(st, user);
    statement_bind_number(st, "$now", now);
    statement_bind_text(st, "$domain", user->domain);
    err = statement_run(st, &changes);
    return err != ERR_NONE || changes != 0 ? err : explain_refusal(store, user);
}

enum err user_find(
    struct store *store, struct text address, struct arena *arena, struct user *user_r)
{
    struct text local_part, domain;
    struct statement *st;
    enum err err, end;

    if (!mailbox_split(address, &local_part, &domain))
        return statement_absent(store, "no address: %.*s", TEXT_ARGS(address));
    st = statement_start(store, COLUMNS "WHERE d.name = $domain AND u.local_part = $local_part");
    statement_bind_text(st, "$domain", domain);
    statement_bind_text(st, "$local_part", local_part);
    err = statement_step(st);
    if (err == ERR_NONE)
        *user_r = read_row(st, arena);
    end = statement_finish(st);
    if (end != ERR_NONE)
        return end;
    if (err == ERR_ABSENT)
        return statement_absent(store, "there is no user %.*s", TEXT_ARGS(address));
    return err;
}

static enum err collect(struct statement *st, struct arena *arena, struct user_list *list_r)
{
    ARRAY(struct user) found = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&found, read_row(st, arena));
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct user_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err user_list(
    struct store *store, struct text domain, struct arena *arena, struct user_list *list_r)
{
    struct statement *st = statement_start(
        store, text_is_empty(domain) ? COLUMNS "ORDER BY d.name, u.local_part"
                                     : COLUMNS "WHERE d.name = $domain ORDER BY u.local_part");

    if (!text_is_empty(domain))
        statement_bind_text(st, "$domain", domain);
    return collect(st, arena, list_r);
}

static bool is_wildcard(char byte)
{
    return byte == '*' || byte == '?';
}

/* What a local part begins with that fits the pattern. */
static struct text fixed_start(struct text pattern)
{
    size_t len = 0;

    while (len < pattern.len && !is_wildcard(pattern.data[len]) && pattern.data[len] != '@')
        len++;
    return text_head(pattern, len);
}

/* Where it is written out, an index has its users; else empty. */
static struct text fixed_domain(struct text pattern)
{
    struct text domain = text_skip(pattern, text_find_last(pattern, '@') + 1);

    for (size_t i = 0; i < domain.len; i++)
        if (is_wildcard(domain.data[i]))
            return TEXT("");
    return domain;
}

/* Brackets mean something to GLOB, and stand for themselves here. */
static struct text glob_of(struct text pattern, struct arena *arena)
{
    struct buffer glob = BUFFER_NONE;
    struct text copy;

    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.data[i] == '[')
            buffer_append_string(&glob, "[[]");
        else
            buffer_append_byte(&glob, pattern.data[i]);
    if (text_find(pattern, '@') == pattern.len)
        buffer_append_string(&glob, "@*");
    copy = arena_copy(arena, buffer_text(&glob));
    buffer_done(&glob);
    return copy;
}

#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"
#define MATCHING                                                                                   \
    "WHERE u.local_part >= $low AND u.local_part < $high"                                          \
    " AND u.local_part || '@' || d.name GLOB $glob "
#define MATCHING_ANYWHERE COLUMNS MATCHING "ORDER BY d.name, u.local_part"
#define MATCHING_IN_DOMAIN COLUMNS MATCHING "AND d.name = $domain ORDER BY u.local_part"

enum err user_list_matching(struct store *store, struct text domain, struct text pattern,
    struct arena *arena, struct user_list *list_r)
{
    struct text low = fixed_start(pattern);
    struct statement *st;

    if (text_is_empty(domain))
        domain = fixed_domain(pattern);
    st = statement_start(store, text_is_empty(domain) ? MATCHING_ANYWHERE : MATCHING_IN_DOMAIN);
    if (!text_is_empty(domain))
        statement_bind_text(st, "$domain", domain);
    statement_bind_text(st, "$low", low);
    statement_bind_text(st, "$high", arena_print(arena, "%.*s" LAST_CHARACTER, TEXT_ARGS(low)));
    statement_bind_text(st, "$glob", glob_of(pattern, arena));
    return collect(st, arena, list_r);
}

static enum err run_for_address(
    struct store *store, struct statement *st, struct text local_part, struct text domain)
{
    int64_t changes;
    enum err err;

    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "there is no user %.*s@%.*s",
            TEXT_ARGS(local_part), TEXT_ARGS(domain));
    return err;
}

enum err user_update(struct store *store, const struct user *user)
{
    struct text local_part, domain;
    struct statement *st;
    struct arena *arena;
    enum err err;

    if (!mailbox_split(user->address, &local_part, &domain))
        return statement_refuse(store, ERR_ABSENT, "no address: %.*s", TEXT_ARGS(user->address));
    st = statement_start(store,
        "UPDATE mail_user SET display_name = $display_name, quota_bytes = $quota_bytes,"
        " inherits_quota = $inherits_quota, enabled = $enabled, protocols = $protocols,"
        " needs_app_password = $needs_app_password " BY_ADDRESS);
    statement_bind_text(st, "$display_name", user->display_name);
    bind_quota(st, user);
    statement_bind_number(st, "$enabled", user->enabled);
    arena = arena_new();
    statement_bind_text(st, "$protocols", protocols_text(user->protocols, arena));
    statement_bind_number(st, "$needs_app_password", user->needs_app_password);
    err = run_for_address(store, st, local_part, domain);
    arena_free(&arena);
    return err;
}

enum err user_delete(struct store *store, struct text address)
{
    struct text local_part, domain;

    if (!mailbox_split(address, &local_part, &domain))
        return statement_refuse(store, ERR_ABSENT, "no address: %.*s", TEXT_ARGS(address));
    return run_for_address(
        store, statement_start(store, "DELETE FROM mail_user " BY_ADDRESS), local_part, domain);
}
