/* SPDX-License-Identifier: MIT */

/* What the parts of what is declared have in common: values, lists, targets. */

#include "lib/base/config.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "mailctl/declare.h"
#include "mailctl/mailbox-argument.h"

/* --- values --- */

static bool expected(struct declare *declare, const char *key, const char *what)
{
    return declare_complain(declare, EX_DATAERR, "%s: %s was expected", key, what);
}

bool declare_flag(
    struct declare *declare, const char *key, const json_t *value, bool initial, bool *flag)
{
    bool wanted = json_is_null(value) ? initial : json_is_true(value);

    if (!json_is_boolean(value) && !json_is_null(value))
        return expected(declare, key, "true or false");
    if (wanted != *flag)
        declare_differs(declare, key);
    *flag = wanted;
    return true;
}

static struct text text_of(const json_t *value)
{
    return text_from_bytes(json_string_value(value), json_string_length(value));
}

bool declare_text(
    struct declare *declare, const char *key, const json_t *value, size_t max, struct text *text)
{
    struct text wanted = json_is_string(value) ? text_of(value) : TEXT("");

    if (!json_is_string(value) && !json_is_null(value))
        return expected(declare, key, "a text (numbers and such in quotes)");
    if (wanted.len > max || text_has_control(wanted))
        return declare_complain(declare, EX_DATAERR,
            "%s: at most %zu bytes without control characters were expected", key, max);
    if (!text_equals(wanted, *text))
        declare_differs(declare, key);
    *text = arena_copy(declare->invocation->arena, wanted);
    return true;
}

static bool read_size(const json_t *value, int64_t *bytes_r)
{
    if (json_is_null(value) ||
        (json_is_string(value) && text_equals_nocase(text_of(value), TEXT("unlimited"))))
        *bytes_r = 0;
    else if (json_is_integer(value))
        *bytes_r = json_integer_value(value);
    else
        return json_is_string(value) && config_parse_size(text_of(value), bytes_r);
    return true;
}

bool declare_size(
    struct declare *declare, const char *key, const json_t *value, int64_t max, int64_t *bytes)
{
    int64_t wanted = 0;

    if (!read_size(value, &wanted) || wanted < 0 || wanted > max)
        return expected(declare, key, "a size like 500M or 2G, or unlimited,");
    if (wanted != *bytes)
        declare_differs(declare, key);
    *bytes = wanted;
    return true;
}

static bool same_list(
    const struct text *items, size_t count, const struct text *others, size_t other_count)
{
    if (count != other_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!text_equals(items[i], others[i]))
            return false;
    return true;
}

/* In place of what there was. */
static void replace_list(struct declare *declare, const char *key, const struct text *wanted,
    size_t wanted_count, const struct text **items, size_t *count)
{
    if (!same_list(wanted, wanted_count, *items, *count))
        declare_differs(declare, key);
    *items = wanted;
    *count = wanted_count;
}

static bool read_list(struct declare *declare, const char *key, const json_t *value, size_t max,
    struct text **items_r, size_t *count_r)
{
    struct arena *arena = declare->invocation->arena;
    size_t count = json_is_array(value) ? json_array_size(value) : !json_is_null(value);
    struct text *items = arena_alloc_zero(arena, count + 1, sizeof *items);

    if (count > max)
        return declare_complain(declare, EX_DATAERR, "%s: at most %zu were expected", key, max);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;

        if (!json_is_string(item) || text_has_control(text_of(item)))
            return expected(declare, key, "a list of texts");
        items[i] = arena_copy(arena, text_of(item));
    }
    *items_r = items;
    *count_r = count;
    return true;
}

bool declare_list(struct declare *declare, const char *key, const json_t *value, size_t max,
    const struct text **items, size_t *count)
{
    struct text *wanted = NULL;
    size_t wanted_count = 0;

    if (!read_list(declare, key, value, max, &wanted, &wanted_count))
        return false;
    replace_list(declare, key, wanted, wanted_count, items, count);
    return true;
}

/* --- targets --- */

static bool fold_target(struct declare *declare, const char *key, struct text *target)
{
    struct mailbox_argument mailbox;
    struct domain domain;
    struct failure failure;
    struct arena *arena = declare->invocation->arena;
    enum err err = mailbox_argument_parse(*target, MAILBOX_TARGET, arena, &mailbox, &failure);

    if (err != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "%s: %s", key, failure.text);
    err = domain_find(declare->directory, mailbox.domain, arena, &domain);
    if (err == ERR_NONE)
        mailbox_argument_lower(&mailbox, arena);
    else if (err != ERR_ABSENT)
        return declare_complain_store(declare);
    if (text_equals(mailbox.address, declare->name))
        return declare_complain(declare, EX_DATAERR, "%s: it leads to itself", key);
    *target = mailbox.address;
    return true;
}

/* The directory has each once: a list with one twice would never be what there is. */
static bool has_twice(const struct text *items, size_t count, struct text *twice_r)
{
    static bool is_seen = true;
    struct map *seen = map_new();
    bool found = false;

    for (size_t i = 0; !found && i < count; i++) {
        found = map_put(seen, items[i], &is_seen) != NULL;
        if (found)
            *twice_r = items[i];
    }
    map_free(&seen);
    return found;
}

bool declare_targets(struct declare *declare, const char *key, const json_t *value, size_t max,
    const struct text **items, size_t *count)
{
    struct text *wanted = NULL;
    size_t wanted_count = 0;
    struct text twice;

    if (!read_list(declare, key, value, max, &wanted, &wanted_count))
        return false;
    for (size_t i = 0; i < wanted_count; i++)
        if (!fold_target(declare, key, &wanted[i]))
            return false;
    if (has_twice(wanted, wanted_count, &twice))
        return declare_complain(
            declare, EX_DATAERR, "%s: %.*s stands there twice", key, TEXT_ARGS(twice));
    replace_list(declare, key, wanted, wanted_count, items, count);
    return true;
}
