/* SPDX-License-Identifier: MIT */

/* Reading the results of an Authentication-Results field (RFC 8601 §2.2). */

#include "lib/mailauth/authres-scan.h"
#include "lib/mailauth/authres.h"

struct reader {
    struct arena *arena;
    struct text rest;
};

/* Keyword, or ptype or property: a token without dots, which part those two, and slashes. */
static bool take_name(struct reader *reader, struct text *name_r)
{
    size_t len = 0;

    if (!authres_skip_cfws(&reader->rest))
        return false;
    while (len < reader->rest.len &&
           (text_is_alnum(reader->rest.data[len]) || reader->rest.data[len] == '-' ||
               reader->rest.data[len] == '_'))
        len++;
    *name_r = text_head(reader->rest, len);
    reader->rest = text_skip(reader->rest, len);
    return len != 0;
}

static bool take_byte(struct reader *reader, char byte)
{
    if (!authres_skip_cfws(&reader->rest) || reader->rest.len == 0 || reader->rest.data[0] != byte)
        return false;
    reader->rest = text_skip(reader->rest, 1);
    return true;
}

/* True at a semicolon and at the end of the field. */
static bool is_at_end(const struct reader *reader)
{
    return reader->rest.len == 0 || reader->rest.data[0] == ';';
}

/*
 * pvalue, with what stands behind a quoted local part. Base64 is often written without the quotes
 * that its "=" and "/" call for.
 */
static bool take_value(struct reader *reader, struct text *value_r)
{
    struct text quoted = TEXT_NONE, bare;
    size_t len = 0;

    if (!authres_skip_cfws(&reader->rest))
        return false;
    if (text_starts_with(reader->rest, TEXT("\"")) &&
        !authres_take_quoted(&reader->rest, reader->arena, &quoted))
        return false;
    while (len < reader->rest.len && !text_is_blank(reader->rest.data[len]) &&
           strchr(";(\"", reader->rest.data[len]) == NULL)
        len++;
    bare = text_head(reader->rest, len);
    reader->rest = text_skip(reader->rest, len);
    *value_r = arena_print(reader->arena, "%.*s%.*s", TEXT_ARGS(quoted), TEXT_ARGS(bare));
    return quoted.data != NULL ? bare.len == 0 || bare.data[0] == '@' : bare.len != 0;
}

/* propspec, or a reason, which nobody here asks for. */
static bool take_property(
    struct reader *reader, struct authres_property *property, bool *is_reason_r)
{
    if (!take_name(reader, &property->ptype))
        return false;
    *is_reason_r = text_equals_nocase(property->ptype, TEXT("reason")) && take_byte(reader, '=');
    if (*is_reason_r)
        return take_value(reader, &property->value);
    return take_byte(reader, '.') && take_name(reader, &property->name) && take_byte(reader, '=') &&
           take_value(reader, &property->value);
}

static bool take_properties(struct reader *reader, struct authres_result *result)
{
    struct authres_property *properties =
        arena_alloc_zero(reader->arena, AUTHRES_PROPERTIES_MAX, sizeof *properties);

    result->properties = properties;
    for (;;) {
        bool is_reason;

        if (!authres_skip_cfws(&reader->rest))
            return false;
        if (is_at_end(reader))
            return true;
        if (result->property_count == AUTHRES_PROPERTIES_MAX ||
            !take_property(reader, &properties[result->property_count], &is_reason))
            return false;
        result->property_count += !is_reason;
    }
}

/* method [ "/" version ]; "none" alone is no method. */
static bool take_method(struct reader *reader, struct authres_result *result, bool *is_known_r)
{
    struct text version;
    uint64_t number = 1;

    if (!take_name(reader, &result->method) || !authres_skip_cfws(&reader->rest))
        return false;
    *is_known_r = true;
    if (text_starts_with(reader->rest, TEXT("/"))) {
        reader->rest = text_skip(reader->rest, 1);
        if (!take_name(reader, &version) || !text_to_number(version, UINT32_MAX, &number))
            return false;
        *is_known_r = number == 1;
    }
    if (is_at_end(reader)) {
        *is_known_r = false;
        return text_equals_nocase(result->method, TEXT("none"));
    }
    return take_byte(reader, '=') && take_name(reader, &result->result) &&
           take_properties(reader, result);
}

bool authres_read_results(struct text value, struct arena *arena,
    const struct authres_result **results_r, size_t *count_r)
{
    struct reader reader = {arena, value};
    struct authres_result *results = arena_alloc_zero(arena, AUTHRES_RESULTS_MAX, sizeof *results);
    struct text id;
    size_t count = 0;

    if (!authres_take_head(&reader.rest, arena, &id))
        return false;
    while (reader.rest.len != 0) {
        struct authres_result result = {.property_count = 0};
        bool is_known;

        if (!take_byte(&reader, ';') || !authres_skip_cfws(&reader.rest))
            return false;
        if (reader.rest.len == 0)
            break; /* many write a semicolon behind the last */
        if (count == AUTHRES_RESULTS_MAX || !take_method(&reader, &result, &is_known))
            return false;
        if (is_known)
            results[count++] = result;
    }
    *results_r = results;
    *count_r = count;
    return true;
}

struct text authres_find_property(
    const struct authres_result *result, const char *ptype, const char *name)
{
    for (size_t i = 0; i < result->property_count; i++)
        if (text_equals_nocase(result->properties[i].ptype, text_from_string(ptype)) &&
            text_equals_nocase(result->properties[i].name, text_from_string(name)))
            return result->properties[i].value;
    return TEXT_NONE;
}
