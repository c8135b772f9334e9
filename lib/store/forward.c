/* SPDX-License-Identifier: MIT */
#include "lib/store/forward.h"

#include "lib/store/mailbox.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

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

static enum err delete_forward(struct store *store, struct text user)
{
    struct statement *st = statement_start(store, "DELETE FROM forward WHERE user_id = " USER_ID);

    bind_user(st, user);
    return statement_run(st, NULL);
}

static enum err insert_forward(struct store *store, struct text user, bool keeps_copy)
{
    struct statement *st =
        statement_start(store, "INSERT INTO forward (user_id, keeps_copy)"
                               " SELECT id, $keeps_copy FROM mail_user WHERE id = " USER_ID);
    int64_t changes;
    enum err err;

    bind_user(st, user);
    statement_bind_number(st, "$keeps_copy", keeps_copy);
    err = statement_run(st, &changes);
    if (err == ERR_NONE && changes == 0)
        return statement_refuse(store, ERR_ABSENT, "there is no user %.*s", TEXT_ARGS(user));
    return err;
}

static enum err insert_target(
    struct store *store, struct text user, size_t position, struct text target)
{
    struct statement *st =
        statement_start(store, "INSERT INTO forward_target (user_id, position, target)"
                               " SELECT id, $position, $target FROM mail_user WHERE id = " USER_ID
                               " ON CONFLICT DO NOTHING");

    bind_user(st, user);
    statement_bind_number(st, "$position", (int64_t)position);
    statement_bind_text(st, "$target", target);
    return statement_run(st, NULL);
}

enum err forward_set(struct store *store, struct text user, const struct forward *forward)
{
    enum err err;
    bool own;

    if (forward->target_count > FORWARD_TARGETS_MAX)
        return statement_refuse(
            store, ERR_RANGE, "mail is forwarded to at most %d addresses", FORWARD_TARGETS_MAX);
    own = statement_begin(store);
    err = delete_forward(store, user);
    /* A user without a forward is to be there, too. */
    if (err == ERR_NONE)
        err = insert_forward(store, user, forward->keeps_copy);
    for (size_t i = 0; err == ERR_NONE && i < forward->target_count; i++)
        err = insert_target(store, user, i, forward->targets[i]);
    if (err == ERR_NONE && forward->target_count == 0)
        err = delete_forward(store, user);
    return statement_end(store, own, err);
}

enum err forward_find(
    struct store *store, struct text user, struct arena *arena, struct forward *forward_r)
{
    struct statement *st =
        statement_start(store, "SELECT t.target, f.keeps_copy FROM forward f"
                               " JOIN forward_target t ON t.user_id = f.user_id"
                               " WHERE f.user_id = " USER_ID " ORDER BY t.position");
    ARRAY(struct text) targets = ARRAY_NONE;
    bool keeps_copy = false;
    enum err err;

    bind_user(st, user);
    while (statement_step(st) == ERR_NONE) {
        array_push(&targets, statement_text(st, 0, arena));
        keeps_copy = statement_flag(st, 1);
    }
    err = statement_finish(st);
    if (err == ERR_NONE && targets.count == 0)
        err = statement_absent(store, "mail for %.*s is not forwarded", TEXT_ARGS(user));
    else if (err == ERR_NONE)
        *forward_r =
            (struct forward){rows_keep(arena, targets.items, targets.count, sizeof(struct text)),
                targets.count, keeps_copy};
    array_done(&targets);
    return err;
}
