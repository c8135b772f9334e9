/* SPDX-License-Identifier: MIT */

/* The section "users" of what is declared; forwards are fields of their user. */

#include "lib/store/forward.h"
#include "lib/store/user.h"
#include "mailctl/declare-password.h"
#include "mailctl/declare-rights.h"
#include "mailctl/declare.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/user-options.h"

struct wanted {
    struct user user;
    struct forward forward;
    bool is_forward_set;
    struct declare_rights rights;
};

static bool read_name(struct declare *declare, struct text given, struct text *name_r)
{
    struct mailbox_argument mailbox;
    struct failure failure;

    if (mailbox_argument_parse(
            given, MAILBOX_USER, declare->invocation->arena, &mailbox, &failure) != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "address: %s", failure.text);
    *name_r = mailbox.address;
    return true;
}

/* --- fields --- */

static bool read_display_name(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_text(
        declare, key, value, USER_DISPLAY_NAME_MAX, &((struct wanted *)row)->user.display_name);
}

static bool read_quota(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct user *user = &((struct wanted *)row)->user;
    bool inherits = json_is_null(value) ||
                    (json_is_string(value) && strcmp(json_string_value(value), "default") == 0);

    if (inherits == user->inherits_quota && inherits)
        return true;
    if (inherits != user->inherits_quota)
        user->quota_bytes = -1; /* what it was is none of the user's own: any size is another */
    user->inherits_quota = inherits;
    if (!inherits)
        return declare_size(declare, key, value, USER_QUOTA_MAX, &user->quota_bytes);
    declare_differs(declare, key);
    return true;
}

static bool read_enabled(struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_flag(declare, key, value, true, &((struct wanted *)row)->user.enabled);
}

static bool read_protocols(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct user *user = &((struct wanted *)row)->user;
    unsigned protocols = PROTOCOLS_ALL;

    if (!json_is_null(value) &&
        (!json_is_string(value) ||
            !protocols_parse(text_from_string(json_string_value(value)), &protocols, NULL)))
        return declare_complain(declare, EX_DATAERR,
            "%s: some of imap, pop3, submission, sieve, or all, or none, was expected", key);
    if (protocols != user->protocols)
        declare_differs(declare, key);
    user->protocols = protocols;
    return true;
}

static bool read_needs_app_password(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_flag(
        declare, key, value, false, &((struct wanted *)row)->user.needs_app_password);
}

static bool read_forward_to(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct wanted *wanted = row;
    size_t before = declare->changed.len;

    if (!declare_targets(declare, key, value, FORWARD_TARGETS_MAX, &wanted->forward.targets,
            &wanted->forward.target_count))
        return false;
    wanted->is_forward_set = wanted->is_forward_set || declare->changed.len != before;
    return true;
}

static bool read_keeps_copy(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct wanted *wanted = row;
    bool before = wanted->forward.keeps_copy;

    if (!declare_flag(declare, key, value, true, &wanted->forward.keeps_copy))
        return false;
    wanted->is_forward_set = wanted->is_forward_set || before != wanted->forward.keeps_copy;
    return true;
}

static bool read_send_as(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct declare_rights *rights = &((struct wanted *)row)->rights;

    return declare_rights_read(declare, key, value, rights, &rights->full);
}

static bool read_send_on_behalf(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct declare_rights *rights = &((struct wanted *)row)->rights;

    return declare_rights_read(declare, key, value, rights, &rights->on_behalf);
}

static bool read_password_hash(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    (void)row;
    return declare_password_read(declare, key, value);
}

static const struct declare_field fields[] = {
    {"name",               read_display_name      },
    {"quota",              read_quota             },
    {"enabled",            read_enabled           },
    {"protocols",          read_protocols         },
    {"needs_app_password", read_needs_app_password},
    {"forward_to",         read_forward_to        },
    {"keeps_copy",         read_keeps_copy        },
    {"password_hash",      read_password_hash     },
    {"send_as",            read_send_as           },
    {"send_on_behalf",     read_send_on_behalf    },
    {NULL,                 NULL                   },
};

/* --- the part --- */

static bool prepare(struct declare *declare)
{
    struct arena *arena = declare->invocation->arena;
    size_t at = text_find_last(declare->name, '@');
    struct user user;
    enum err err = user_find(declare->directory, declare->name, arena, &user);

    if (err == ERR_ABSENT) {
        declare->is_new = true;
        user = (struct user){
            .local_part = text_head(declare->name, at),
            .domain = text_skip(declare->name, at + 1),
            .inherits_quota = true,
        };
        err = user_add(declare->directory, &user, declare->now);
        array_push(&declare->fresh, declare->name);
    }
    return err == ERR_NONE || declare_complain_store(declare);
}

static bool find(struct declare *declare, struct wanted *wanted)
{
    struct arena *arena = declare->invocation->arena;
    enum err err = user_find(declare->directory, declare->name, arena, &wanted->user);

    if (err == ERR_NONE) {
        err = forward_find(declare->directory, declare->name, arena, &wanted->forward);
        if (err == ERR_ABSENT)
            err = ERR_NONE;
    }
    return (err == ERR_NONE || declare_complain_store(declare)) &&
           declare_rights_find(declare, &wanted->rights);
}

/* Without a forward there is nothing that could be without a copy. */
static bool check_copy(struct declare *declare, const struct wanted *wanted, const json_t *thing)
{
    return wanted->forward.target_count != 0 ||
           !json_is_false(json_object_get(thing, "keeps_copy")) ||
           declare_complain(declare, EX_DATAERR,
               "keeps_copy: only mail that is forwarded can be without a copy, and forward_to has "
               "nobody");
}

static bool put(struct declare *declare, const json_t *thing)
{
    struct wanted wanted = {.forward = {.keeps_copy = true}};

    if (!find(declare, &wanted) ||
        !declare_fields(declare, &declare_users, fields, thing, &wanted) ||
        !check_copy(declare, &wanted, thing))
        return false;
    if (declare->changed.len != 0 && user_update(declare->directory, &wanted.user) != ERR_NONE)
        return declare_complain_store(declare);
    if (!declare_rights_write(declare, &wanted.rights))
        return false;
    if (!wanted.is_forward_set)
        return true;
    if (forward_set(declare->directory, declare->name, &wanted.forward) != ERR_NONE)
        return declare_complain_store(declare);
    array_push(&declare->touched, declare->name);
    return true;
}

static bool list(
    struct declare *declare, bool is_late, const struct text **names_r, size_t *count_r)
{
    struct user_list all = {NULL, 0};
    struct text *names;

    if (is_late)
        return true;
    if (user_list(declare->directory, TEXT(""), declare->invocation->arena, &all) != ERR_NONE)
        return declare_complain_store(declare);
    names = arena_alloc_zero(declare->invocation->arena, all.count + 1, sizeof *names);
    for (size_t i = 0; i < all.count; i++)
        names[i] = all.items[i].address;
    *names_r = names;
    *count_r = all.count;
    return true;
}

static bool remove_user(struct declare *declare)
{
    array_push(&declare->gone, declare->name);
    return user_delete(declare->directory, declare->name) == ERR_NONE ||
           declare_complain_store(declare);
}

const struct declare_part declare_users = {
    .section = "users",
    .noun = "user",
    .identity = "address",
    .name = read_name,
    .prepare = prepare,
    .put = put,
    .list = list,
    .remove = remove_user,
};
