/* SPDX-License-Identifier: MIT */
#include "mailctl/declare-dns.h"

#include "lib/base/near.h"
#include "mailctl/dns/kept-options.h"
#include "mailctl/dns/record-options.h"

struct reading {
    struct declare *declare;
    const char *key;
    struct dns_option_list kept;
    struct dns_option *wanted; /* room for all in the file */
    size_t wanted_count;
};

/* --- names ----------------------------------------------------------------- */

static bool check_name(struct declare *declare, const char *key, const char *name)
{
    struct near near;
    const char *best;

    if (kept_options_is_of_domain(text_from_string(name)))
        return declare_complain(declare, EX_DATAERR,
            "%s: %s is a field of the domain itself: spf_includes, report_address", key, name);
    near_init(&near, text_from_string(name));
    for (const struct command_option *option = record_options; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0)
            return true;
        near_offer(&near, option->name);
    }
    best = near_best(&near);
    return declare_complain(declare, EX_DATAERR, "%s: dns set has no option %s%s%s", key, name,
        best != NULL ? "; did you mean " : "", best != NULL ? best : "");
}

static bool check_names(struct declare *declare, const char *key, const json_t *object)
{
    const char *name;
    const json_t *value;

    if (!json_is_object(object) && !json_is_null(object))
        return declare_complain(declare, EX_DATAERR,
            "%s: options of dns set and their values were expected, as \"ttl: 600\"", key);
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (!check_name(declare, key, name))
            return false;
    }
    return true;
}

/* --- values ---------------------------------------------------------------- */

static size_t find_kept(
    const struct reading *reading, const char *name, const struct text **values_r)
{
    const struct dns_option_list *kept = &reading->kept;
    struct text *values =
        arena_alloc_zero(reading->declare->invocation->arena, kept->count, sizeof *values);
    size_t count = 0;

    for (size_t i = 0; i < kept->count; i++)
        if (text_equals(kept->items[i].name, text_from_string(name)))
            values[count++] = kept->items[i].value;
    *values_r = values;
    return count;
}

/* As declare_list(); numbers as they are written, without quotes. */
static bool read_values(struct declare *declare, const char *key, const json_t *value,
    const struct text **values, size_t *count)
{
    struct arena *arena = declare->invocation->arena;
    json_t *number = NULL;
    bool is_read;

    if (json_is_integer(value))
        number = json_string(
            arena_print(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value)).data);
    is_read = declare_list(
        declare, key, number != NULL ? number : value, RECORD_OPTIONS_VALUES_MAX, values, count);
    json_decref(number);
    return is_read;
}

/* One option becomes what the file says of it, null where it says nothing. */
static bool put(struct reading *reading, const char *name, const json_t *value)
{
    struct declare *declare = reading->declare;
    const char *key = arena_print(declare->invocation->arena, "%s.%s", reading->key, name).data;
    const struct text *values;
    size_t count = find_kept(reading, name, &values), before = declare->changed.len;

    if (!read_values(declare, key, value, &values, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        reading->wanted[reading->wanted_count++] =
            (struct dns_option){text_from_string(name), values[i]};
    return declare->changed.len == before ||
           dns_option_set(declare->directory, declare->name, text_from_string(name), values,
               count) == ERR_NONE ||
           declare_complain_store(declare);
}

static bool put_all(struct reading *reading, const json_t *object)
{
    for (const struct command_option *option = record_options; option->name != NULL; option++) {
        const json_t *value = json_object_get(object, option->name);

        if (!put(reading, option->name, value != NULL ? value : json_null()))
            return false;
    }
    return true;
}

/* Files may have gone since they were kept: what is as it was is nobody's concern here. */
static bool check_values(const struct reading *reading)
{
    const struct dns_option_list wanted = {reading->wanted, reading->wanted_count};
    struct declare *declare = reading->declare;
    struct invocation *invocation = declare->invocation;
    int status;

    invocation->place =
        arena_print(invocation->arena, "%.*s: %s", TEXT_ARGS(declare_place(declare)), reading->key)
            .data;
    status = record_options_check(invocation, declare->name, &wanted);
    invocation->place = NULL;
    /* What would be wrong usage on the command line is wrong data in a file. */
    declare->status = status == EX_USAGE ? EX_DATAERR : status;
    return status == EX_OK;
}

/* At most; what is no list of texts is refused when it is read. */
static size_t count_values(const json_t *object)
{
    const char *name;
    const json_t *value;
    size_t count = 0;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        count += json_is_array(value) ? json_array_size(value) : 1;
    }
    return count;
}

bool declare_dns_read(struct declare *declare, const char *key, const json_t *value)
{
    struct arena *arena = declare->invocation->arena;
    struct reading reading = {.declare = declare, .key = key};
    size_t given = count_values(value), before = declare->changed.len;

    if (!check_names(declare, key, value))
        return false;
    if (dns_option_list(declare->directory, declare->name, arena, &reading.kept) != ERR_NONE)
        return declare_complain_store(declare);
    if (given == 0 && reading.kept.count == 0)
        return true;
    reading.wanted = arena_alloc_zero(arena, given, sizeof *reading.wanted);
    if (!put_all(&reading, value))
        return false;
    return declare->changed.len == before || check_values(&reading);
}
