/* SPDX-License-Identifier: MIT */
#include "lib/store/sender.h"

#include "lib/base/clock.h"
#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"
#include "lib/store/user.h"

/*
 * Where an address leads, over aliases that are in force and may be sent as: addresses and how far
 * they are. What leads in a circle ends at the depth. Targets of other sites may be written in any
 * case. A domain that is an alias counts as the one that it stands for.
 */
#define AT_HOME                                                                                    \
    " JOIN domain o ON o.name = substr(l.address, instr(l.address, '@') + 1)"                      \
    " JOIN domain d ON d.id = coalesce(o.alias_of, o.id) "
#define MAY_BE_SENT_AS "a.enabled AND NOT a.receive_only AND (a.expires = 0 OR a.expires > $now)"
#define LEADS                                                                                      \
    "WITH RECURSIVE lead (address, depth) AS ("                                                    \
    " VALUES ($from, 0) UNION"                                                                     \
    " SELECT lower(t.target), l.depth + 1 FROM lead l" AT_HOME                                     \
    "JOIN alias a ON a.domain_id = d.id AND " MAY_BE_SENT_AS                                       \
    " AND a.local_part = substr(l.address, 1, instr(l.address, '@') - 1)"                          \
    " JOIN alias_target t ON t.alias_id = a.id"                                                    \
    " WHERE l.depth < $deepest) "
#define USERS_AT_THE_END                                                                           \
    " FROM lead l" AT_HOME "JOIN mail_user u ON u.domain_id = d.id AND u.enabled"                  \
    " AND u.local_part = substr(l.address, 1, instr(l.address, '@') - 1) "

static void bind_start(struct statement *st, struct text from)
{
    statement_bind_text(st, "$from", from);
    statement_bind_number(st, "$deepest", SENDER_DEPTH_MAX);
    statement_bind_number(st, "$now", clock_wall());
}

/* An address, the same without its extension where it has one, and all of its domain. */
struct name {
    struct text address, bare, all;
};

/* The forms under which an address may stand in a right, and where its owners are looked for. */
struct forms {
    struct name given;
    struct name home; /* where the domain stands for another one: in that; else the same */
    struct text from;
};

/* A user or an alias that is in force. */
static enum err is_somebody(struct store *store, struct text address, struct arena *arena)
{
    struct alias alias;
    struct user user;
    enum err err = user_find(store, address, arena, &user);

    if (err == ERR_ABSENT)
        err = alias_find(store, address, arena, &alias);
    else
        return err;
    return err == ERR_NONE && !alias_is_in_force(&alias, clock_wall()) ? ERR_ABSENT : err;
}

static struct name name_of(struct store *store, struct text address, struct arena *arena)
{
    struct name name = {address, address, mailbox_catch_all(address)};

    (void)mailbox_strip_extension(address, store_delimiter(store), arena, &name.bare);
    return name;
}

static enum err find_home(
    struct store *store, struct text address, struct arena *arena, struct text *home_r)
{
    size_t at = text_find_last(address, '@');
    struct domain domain;
    enum err err = domain_find(store, text_skip(address, at + 1), arena, &domain);

    *home_r = address;
    if (err == ERR_NONE && domain.kind == DOMAIN_ALIAS)
        *home_r = arena_print(
            arena, "%.*s@%.*s", TEXT_ARGS(text_head(address, at)), TEXT_ARGS(domain.target));
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err find_forms(
    struct store *store, struct text address, struct arena *arena, struct forms *forms)
{
    struct text home;
    enum err err = find_home(store, address, arena, &home);

    if (err != ERR_NONE)
        return err;
    *forms = (struct forms){name_of(store, address, arena), name_of(store, home, arena), home};
    err = is_somebody(store, home, arena);
    if (err == ERR_ABSENT && !text_equals(forms->home.bare, home)) {
        forms->from = forms->home.bare;
        err = is_somebody(store, forms->home.bare, arena);
    }
    if (err != ERR_ABSENT)
        return err;
    forms->from = forms->home.all;
    return ERR_NONE;
}

#define IN_FORMS " IN ($address, $bare, $all, $home, $home_bare, $home_all)"

static void bind_forms(struct statement *st, const struct forms *forms)
{
    statement_bind_text(st, "$address", forms->given.address);
    statement_bind_text(st, "$bare", forms->given.bare);
    statement_bind_text(st, "$all", forms->given.all);
    statement_bind_text(st, "$home", forms->home.address);
    statement_bind_text(st, "$home_bare", forms->home.bare);
    statement_bind_text(st, "$home_all", forms->home.all);
}

/* Texts of the first column. */
static enum err collect(struct statement *st, struct arena *arena, struct sender_list *list_r)
{
    ARRAY(struct text) names = ARRAY_NONE;
    enum err err;

    while (statement_step(st) == ERR_NONE)
        array_push(&names, statement_text(st, 0, arena));
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct sender_list){
            rows_keep(arena, names.items, names.count, sizeof(struct text)), names.count};
    array_done(&names);
    return err;
}

enum err sender_list(
    struct store *store, struct text address, struct arena *arena, struct sender_list *list_r)
{
    struct sender_list list = {NULL, 0};
    struct statement *st;
    struct forms forms;
    enum err err = find_forms(store, address, arena, &forms);

    if (err != ERR_NONE)
        return err;
    st = statement_start(store, LEADS
        "SELECT name FROM ("
        "SELECT u.local_part || '@' || d.name AS name, l.depth AS depth" USERS_AT_THE_END
        "UNION ALL SELECT u.local_part || '@' || d.name, 0 FROM send_as s"
        " JOIN mail_user u ON u.id = s.user_id AND u.enabled JOIN domain d ON d.id = u.domain_id"
        " WHERE s.address" IN_FORMS " AND NOT s.on_behalf)"
        " GROUP BY name ORDER BY min(depth), name LIMIT $max");
    bind_forms(st, &forms);
    bind_start(st, forms.from);
    statement_bind_number(st, "$max", SENDER_NAMES_MAX + 1);
    err = collect(st, arena, &list);
    if (err == ERR_NONE && list.count == 0)
        return ERR_ABSENT;
    if (err == ERR_NONE && list.count > SENDER_NAMES_MAX)
        return ERR_LIMIT;
    if (err == ERR_NONE)
        *list_r = list;
    return err;
}

/* --- one user, one address --- */

static enum err find_given(struct store *store, struct text local_part, struct text domain,
    const struct forms *forms, enum sender_right *right_r)
{
    struct statement *st = statement_start(store,
        "SELECT min(s.on_behalf), count(*) FROM send_as s JOIN mail_user u ON u.id = s.user_id"
        " JOIN domain d ON d.id = u.domain_id WHERE s.address" IN_FORMS
        " AND u.local_part = $local_part AND d.name = $domain AND u.enabled");
    enum sender_right right = SENDER_NONE;

    bind_forms(st, forms);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    if (statement_step(st) == ERR_NONE && statement_number(st, 1) != 0)
        right = statement_flag(st, 0) ? SENDER_ON_BEHALF : SENDER_FULL;
    *right_r = right;
    return statement_finish(st);
}

/* ERR_ABSENT: the address does not lead there. */
static enum err find_own(
    struct store *store, struct text local_part, struct text domain, struct text from)
{
    struct statement *st = statement_start(store,
        LEADS "SELECT 1" USERS_AT_THE_END
              "WHERE u.local_part = $local_part AND d.name = $domain LIMIT 1");
    enum err found, err;

    bind_start(st, from);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    found = statement_step(st);
    err = statement_finish(st);
    return err == ERR_NONE ? found : err;
}

enum err sender_find_right(struct store *store, struct text user, struct text address,
    struct arena *arena, enum sender_right *right_r)
{
    struct text local_part, domain;
    enum sender_right given = SENDER_NONE;
    struct forms forms;
    struct user found;
    enum err err = user_find(store, user, arena, &found);

    if (err == ERR_NONE)
        err = find_forms(store, address, arena, &forms);
    if (err != ERR_NONE || !mailbox_split(user, &local_part, &domain))
        return err;
    err = find_given(store, local_part, domain, &forms, &given);
    if (err == ERR_NONE && given != SENDER_FULL) {
        err = find_own(store, local_part, domain, forms.from);
        if (err == ERR_NONE)
            given = SENDER_FULL;
        else if (err == ERR_ABSENT)
            err = ERR_NONE;
    }
    if (err == ERR_NONE)
        *right_r = given;
    return err;
}

enum err sender_list_addresses(struct store *store, struct text user, size_t max,
    struct arena *arena, struct sender_list *list_r)
{
    struct text local_part, domain;
    struct statement *st;

    if (!mailbox_split(user, &local_part, &domain))
        return ERR_ABSENT;
    st = statement_start(store,
        "WITH RECURSIVE lead (address, depth) AS ("
        " VALUES ($user, 0) UNION"
        " SELECT a.local_part || '@' || d.name, l.depth + 1 FROM lead l"
        " JOIN alias_target t ON t.target = l.address"
        " JOIN alias a ON a.id = t.alias_id AND " MAY_BE_SENT_AS
        " JOIN domain d ON d.id = a.domain_id WHERE l.depth < $deepest"
        " UNION SELECT substr(l.address, 1, instr(l.address, '@')) || o.name, l.depth + 1"
        " FROM lead l JOIN domain d ON d.name = substr(l.address, instr(l.address, '@') + 1)"
        " JOIN domain o ON o.alias_of = d.id AND o.enabled WHERE l.depth < $deepest) "
        "SELECT address FROM (SELECT address, depth FROM lead"
        " UNION ALL SELECT s.address, 1 FROM send_as s JOIN mail_user u ON u.id = s.user_id"
        " JOIN domain d ON d.id = u.domain_id"
        " WHERE u.local_part = $local_part AND d.name = $domain AND NOT s.on_behalf)"
        " GROUP BY address ORDER BY min(depth), address LIMIT $max");
    statement_bind_text(st, "$user", user);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
    statement_bind_number(st, "$deepest", SENDER_DEPTH_MAX);
    statement_bind_number(st, "$max", (int64_t)max);
    statement_bind_number(st, "$now", clock_wall());
    return collect(st, arena, list_r);
}
