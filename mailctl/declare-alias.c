/* SPDX-License-Identifier: MIT */

/* The section "aliases" of what is declared. */

#include "lib/store/alias.h"
#include "mailctl/declare.h"
#include "mailctl/expiry-argument.h"
#include "mailctl/mailbox-argument.h"

static bool read_name(struct declare *declare, struct text given, struct text *name_r)
{
    struct mailbox_argument mailbox;
    struct failure failure;

    if (mailbox_argument_parse(
            given, MAILBOX_ALIAS, declare->invocation->arena, &mailbox, &failure) != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "address: %s", failure.text);
    *name_r = mailbox.address;
    return true;
}

/* --- fields --- */

static bool read_targets(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct alias *alias = row;

    return declare_targets(
        declare, key, value, ALIAS_TARGETS_MAX, &alias->targets, &alias->target_count);
}

static bool read_enabled(struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_flag(declare, key, value, true, &((struct alias *)row)->enabled);
}

static bool read_receive_only(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_flag(declare, key, value, false, &((struct alias *)row)->receive_only);
}

/* An end that is over is one, too: what was exported can be applied later. */
static bool read_expires(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct alias *alias = row;
    int64_t expires = EXPIRY_NEVER;

    if (!json_is_null(value) &&
        (!json_is_string(value) ||
            expiry_argument_parse_fixed(text_from_string(json_string_value(value)), &expires) !=
                ERR_NONE))
        return declare_complain(declare, EX_DATAERR,
            "%s: a day like 2027-01-31, a time like 2027-01-31T12:00:00Z, or never, was expected",
            key);
    if (expires != alias->expires)
        declare_differs(declare, key);
    alias->expires = expires;
    return true;
}

static const struct declare_field fields[] = {
    {"targets",      read_targets     },
    {"enabled",      read_enabled     },
    {"receive_only", read_receive_only},
    {"expires",      read_expires     },
    {NULL,           NULL             },
};

/* --- the part --- */

static bool write_alias(struct declare *declare, const struct alias *alias)
{
    enum err err = declare->is_new ? alias_add(declare->directory, alias, declare->now)
                                   : alias_update(declare->directory, alias);

    if (err != ERR_NONE)
        return declare_complain_store(declare);
    array_push(&declare->touched, declare->name);
    return true;
}

static bool put(struct declare *declare, const json_t *thing)
{
    struct alias alias = {.address = declare->name, .enabled = true};
    enum err err =
        alias_find(declare->directory, declare->name, declare->invocation->arena, &alias);

    if (err != ERR_NONE && err != ERR_ABSENT)
        return declare_complain_store(declare);
    declare->is_new = err == ERR_ABSENT;
    if (!declare_fields(declare, &declare_aliases, fields, thing, &alias))
        return false;
    return (!declare->is_new && declare->changed.len == 0) || write_alias(declare, &alias);
}

static bool list(
    struct declare *declare, bool is_late, const struct text **names_r, size_t *count_r)
{
    struct alias_list all = {NULL, 0};
    struct text *names;

    if (is_late)
        return true;
    if (alias_list(declare->directory, TEXT(""), declare->invocation->arena, &all) != ERR_NONE)
        return declare_complain_store(declare);
    names = arena_alloc_zero(declare->invocation->arena, all.count + 1, sizeof *names);
    for (size_t i = 0; i < all.count; i++)
        names[i] = all.items[i].address;
    *names_r = names;
    *count_r = all.count;
    return true;
}

static bool remove_alias(struct declare *declare)
{
    return alias_delete(declare->directory, declare->name) == ERR_NONE ||
           declare_complain_store(declare);
}

const struct declare_part declare_aliases = {
    .section = "aliases",
    .noun = "alias",
    .identity = "address",
    .name = read_name,
    .put = put,
    .list = list,
    .remove = remove_alias,
};
