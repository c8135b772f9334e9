/* SPDX-License-Identifier: MIT */
#include "mailctl/declare-delegation.h"

#include "lib/store/dkim-delegation.h"
#include "mailctl/directory.h"
#include "mailctl/dkim/delegation.h"

/* --- the field --- */

static bool complain_keys(struct declare *declare, const struct store *keys)
{
    declare->status = invocation_complain_store(declare->invocation, keys);
    return false;
}

/* NULL: the complaint was made. */
static struct store *open_keys(struct declare *declare)
{
    return invocation_store(declare->invocation, STORE_KEYS, STORE_READ, &declare->status);
}

/* The zone that is kept; empty: none. */
static bool find_kept(struct declare *declare, struct store *keys, struct text *zone_r)
{
    *zone_r = TEXT_NONE;
    return dkim_delegation_find(keys, declare->name, declare->invocation->arena, zone_r) ==
               ERR_NONE ||
           complain_keys(declare, keys);
}

static bool check_keys(struct declare *declare, const char *key, struct store *keys)
{
    struct dkim_key_list list = {.count = 0};
    struct failure failure;

    if (dkim_key_list(keys, declare->name, declare->invocation->arena, &list) != ERR_NONE)
        return complain_keys(declare, keys);
    return delegation_check_keys(&list, &failure) == ERR_NONE ||
           declare_complain(declare, EX_DATAERR,
               "%s: %s: delete it first, or move the record and say so by \"mailctl dkim "
               "delegate\" "
               "with --force",
               key, failure.text);
}

static bool become(struct declare *declare, const char *key, struct text zone)
{
    struct store *keys = open_keys(declare);
    struct text before;

    if (keys == NULL || !find_kept(declare, keys, &before))
        return false;
    if (text_equals(before, zone))
        return true;
    if (!check_keys(declare, key, keys))
        return false;
    declare_differs(declare, key);
    array_push(&declare->delegations, (struct declare_delegation){declare->name, zone});
    return true;
}

bool declare_delegation_read(struct declare *declare, const char *key, const json_t *value)
{
    struct text zone = TEXT_NONE, given = TEXT_NONE;
    struct failure failure;

    if (json_is_string(value))
        given = text_from_bytes(json_string_value(value), json_string_length(value));
    else if (!json_is_null(value))
        return declare_complain(
            declare, EX_DATAERR, "%s: a zone like keys.example.net, or null, was expected", key);
    if (json_is_string(value) && delegation_read_zone(given, declare->name,
                                     declare->invocation->arena, &zone, &failure) != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "%s: %s", key, failure.text);
    return become(declare, key, zone);
}

bool declare_delegation_forget(struct declare *declare)
{
    struct store *keys = open_keys(declare);
    struct text before;

    if (keys == NULL || !find_kept(declare, keys, &before))
        return false;
    if (before.len != 0)
        array_push(&declare->delegations, (struct declare_delegation){declare->name, TEXT_NONE});
    return true;
}

/* --- writing --- */

static bool has_work(const struct declare *declare, bool ends)
{
    for (size_t i = 0; i < declare->delegations.count; i++)
        if (text_is_empty(declare->delegations.items[i].zone) == ends)
            return true;
    return false;
}

/* In one transaction. */
static int write_all(struct declare *declare, bool ends)
{
    struct invocation *invocation = declare->invocation;
    enum err err = ERR_NONE;
    int status = EX_OK;
    struct store *keys;

    if (!has_work(declare, ends))
        return EX_OK;
    keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (keys == NULL)
        return status;
    store_begin(keys);
    for (size_t i = 0; err == ERR_NONE && i < declare->delegations.count; i++) {
        const struct declare_delegation *delegation = &declare->delegations.items[i];

        if (text_is_empty(delegation->zone) == ends)
            err = dkim_delegation_set(keys, delegation->domain, delegation->zone);
    }
    if (err != ERR_NONE)
        return directory_fail(invocation, keys, EX_CONFIG);
    return directory_end(invocation, keys);
}

int declare_delegation_write_ends(struct declare *declare)
{
    return write_all(declare, true);
}

int declare_delegation_write_begins(struct declare *declare)
{
    return write_all(declare, false);
}
