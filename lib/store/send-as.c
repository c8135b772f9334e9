/* SPDX-License-Identifier: MIT */
#include "lib/store/send-as.h"

#include "lib/store/mailbox.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"
#include "lib/store/user.h"

#define USER_ID                                                                                    \
    "(SELECT u.id FROM mail_user u JOIN domain d ON d.id = u.domain_id"                            \
    " WHERE u.local_part = $local_part AND d.name = $domain)"

static void bind_user(struct statement *st, struct text user)
{
    struct text local_part = user, domain = TEXT_NONE;

    (void)mailbox_split(user, &local_part, &domain);
    statement_bind_text(st, "$local_part", local_part);
    statement_bind_text(st, "$domain", domain);
}

static enum err explain_refusal(struct store *store, const struct send_as *right)
{
    struct arena *arena = arena_new();
    struct user user;
    enum err err = user_find(store, right->user, arena, &user);

    arena_free(&arena);
    if (err == ERR_ABSENT)
        return statement_refuse(store, err, "there is no user %.*s", TEXT_ARGS(right->user));
    if (err != ERR_NONE)
        return err;
    return statement_refuse(store, ERR_EXISTS, "%.*s has a right to send as %.*s already",
        TEXT_ARGS(right->user), TEXT_ARGS(right->address));
}

enum err send_as_add(struct store *store, const struct send_as *right, int64_t now)
{
    struct statement *st = statement_start(store,
        "INSERT INTO send_as (user_id, address, on_behalf, created)"
        " SELECT id, $address, $on_behalf, $now FROM mail_user WHERE id = " USER_ID
        " ON CONFLICT DO NOTHING");
    int64_t changes;
    enum err err;

    bind_user(st, right->user);
    statement_bind_text(st, "$address", right->address);
    statement_bind_number(st, "$on_behalf", right->on_behalf);
    statement_bind_number(st, "$now", now);
    err = statement_run(st, &changes);
    return err != ERR_NONE || changes != 0 ? err : explain_refusal(store, right);
}

#define COLUMNS                                                                                    \
    "SELECT u.local_part || '@' || d.name, s.address, s.on_behalf, s.created FROM send_as s"       \
    " JOIN mail_user u ON u.id = s.user_id JOIN domain d ON d.id = u.domain_id "

enum err send_as_list(
    struct store *store, struct text user, struct arena *arena, struct send_as_list *list_r)
{
    struct statement *st = statement_start(
        store, text_is_empty(user) ? COLUMNS "ORDER BY d.name, u.local_part, s.address"
                                   : COLUMNS "WHERE u.id = " USER_ID " ORDER BY s.address");
    ARRAY(struct send_as) rights = ARRAY_NONE;
    enum err err;

    if (!text_is_empty(user))
        bind_user(st, user);
    while (statement_step(st) == ERR_NONE)
        array_push(&rights, (struct send_as){
                                .user = statement_text(st, 0, arena),
                                .address = statement_text(st, 1, arena),
                                .on_behalf = statement_flag(st, 2),
                                .created = statement_number(st, 3),
                            });
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct send_as_list){
            rows_keep(arena, rights.items, rights.count, sizeof(struct send_as)), rights.count};
    array_done(&rights);
    return err;
}

enum err send_as_delete(struct store *store, struct text user, struct text address)
{
    struct statement *st = statement_start(
        store, "DELETE FROM send_as WHERE address = $address AND user_id = " USER_ID);
    int64_t changes;
    enum err err;

    bind_user(st, user);
    statement_bind_text(st, "$address", address);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "%.*s has no right to send as %.*s",
            TEXT_ARGS(user), TEXT_ARGS(address));
    return err;
}
