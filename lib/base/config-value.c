/* SPDX-License-Identifier: MIT */

/* Values of settings, from text and to text. */

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/config-value.h"

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1        },
    {"s",  1000     },
    {"m",  60000    },
    {"h",  3600000  },
    {"d",  86400000 },
    {"w",  604800000},
    {"",   1000     },
};

static const struct unit size_units[] = {
    {"K", 1024              },
    {"M", 1024 * 1024       },
    {"G", 1024 * 1024 * 1024},
    {"",  1                 },
};

static bool parse_with_unit(
    struct text text, const struct unit *units, size_t count, int64_t *value_r)
{
    size_t digits = 0;
    uint64_t number;

    while (digits < text.len && text_is_digit(text.data[digits]))
        digits++;
    for (size_t i = 0; i < count; i++) {
        if (!text_equals_nocase(text_skip(text, digits), text_from_string(units[i].suffix)))
            continue;
        if (!text_to_number(
                text_head(text, digits), (uint64_t)(INT64_MAX / units[i].factor), &number))
            return false;
        *value_r = (int64_t)number * units[i].factor;
        return true;
    }
    return false;
}

bool config_parse_duration(struct text text, int64_t *ms_r)
{
    return parse_with_unit(
        text, duration_units, sizeof duration_units / sizeof *duration_units, ms_r);
}

bool config_parse_size(struct text text, int64_t *bytes_r)
{
    return parse_with_unit(text, size_units, sizeof size_units / sizeof *size_units, bytes_r);
}

static bool parse_bool(struct text text, bool *value_r)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"yes",   true },
        {"no",    false},
        {"true",  true },
        {"false", false},
        {"on",    true },
        {"off",   false},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_equals_nocase(text, text_from_string(words[i].word))) {
            *value_r = words[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_number(const struct config_setting *setting, struct text text, int64_t *value_r)
{
    uint64_t number;
    int64_t value;
    bool parsed = true;

    if (setting->type == CONFIG_DURATION)
        parsed = config_parse_duration(text, &value);
    else if (setting->type == CONFIG_SIZE)
        parsed = config_parse_size(text, &value);
    else if ((parsed = text_to_number(text, INT64_MAX, &number)))
        value = (int64_t)number;
    if (!parsed || value < setting->min || value > setting->max)
        return false;
    *value_r = value;
    return true;
}

static bool parse_choice(const struct config_setting *setting, struct text text, int *value_r)
{
    for (int i = 0; setting->choices[i] != NULL; i++) {
        if (text_equals_nocase(text, text_from_string(setting->choices[i]))) {
            *value_r = i;
            return true;
        }
    }
    return false;
}

static size_t string_max(const struct config_setting *setting)
{
    return setting->max != 0 ? (size_t)setting->max : CONFIG_STRING_DEFAULT_MAX;
}

bool config_value_is_string_ok(const struct config_setting *setting, struct text text)
{
    if (text.len > string_max(setting) || text_has_control(text))
        return false;
    return setting->is_valid == NULL || setting->is_valid(text);
}

bool config_value_parse(
    const struct config_setting *setting, struct text text, void *target, struct arena *arena)
{
    void *place = (char *)target + setting->offset;

    switch (setting->type) {
    case CONFIG_BOOL:
        return parse_bool(text, place);
    case CONFIG_NUMBER:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        return parse_number(setting, text, place);
    case CONFIG_CHOICE:
        return parse_choice(setting, text, place);
    case CONFIG_STRING:
        if (!config_value_is_string_ok(setting, text))
            return false;
        *(const char **)place = arena_copy_string(arena, text);
        return true;
    case CONFIG_LIST:
        break;
    }
    assert(!"lists are parsed item by item");
    return false;
}

static void append_quoted(struct buffer *out, const char *string)
{
    buffer_append_byte(out, '"');
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, *string);
    }
    buffer_append_byte(out, '"');
}

static void append_list(struct buffer *out, const struct config_list *list)
{
    buffer_append_byte(out, '{');
    for (size_t i = 0; i < list->count; i++) {
        if (i != 0)
            buffer_append_string(out, ", ");
        append_quoted(out, list->items[i]);
    }
    buffer_append_byte(out, '}');
}

/* The largest unit that gives a whole number; the bare one comes last in each table. */
static void append_with_unit(
    struct buffer *out, int64_t value, const struct unit *units, size_t count)
{
    const struct unit *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (value != 0 && units[i].suffix[0] != '\0' && value % units[i].factor == 0 &&
            (best == NULL || units[i].factor > best->factor))
            best = &units[i];
    if (best != NULL)
        buffer_append_format(out, "%" PRId64 "%s", value / best->factor, best->suffix);
    else
        buffer_append_format(out, "%" PRId64, value);
}

void config_format_duration(int64_t ms, struct buffer *out)
{
    append_with_unit(out, ms, duration_units, sizeof duration_units / sizeof *duration_units);
}

static void append_number(struct buffer *out, enum config_type type, int64_t value)
{
    if (type == CONFIG_DURATION)
        config_format_duration(value, out);
    else if (type == CONFIG_SIZE)
        append_with_unit(out, value, size_units, sizeof size_units / sizeof *size_units);
    else
        buffer_append_format(out, "%" PRId64, value);
}

void config_format_value(
    const struct config_setting *setting, const void *target, struct buffer *out)
{
    const void *place = (const char *)target + setting->offset;

    switch (setting->type) {
    case CONFIG_BOOL:
        buffer_append_string(out, *(const bool *)place ? "yes" : "no");
        break;
    case CONFIG_NUMBER:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        append_number(out, setting->type, *(const int64_t *)place);
        break;
    case CONFIG_CHOICE:
        buffer_append_string(out, setting->choices[*(const int *)place]);
        break;
    case CONFIG_STRING:
        append_quoted(out, *(const char *const *)place);
        break;
    case CONFIG_LIST:
        append_list(out, place);
        break;
    }
}

static void append_range(const struct config_setting *setting, const char *noun, struct buffer *out)
{
    buffer_append_format(out, "%s from ", noun);
    append_number(out, setting->type, setting->min);
    buffer_append_string(out, " to ");
    append_number(out, setting->type, setting->max);
}

static void append_choices(const struct config_setting *setting, struct buffer *out)
{
    for (size_t i = 0; setting->choices[i] != NULL; i++) {
        if (i != 0)
            buffer_append_string(out, setting->choices[i + 1] != NULL ? ", " : " or ");
        buffer_append_string(out, setting->choices[i]);
    }
}

void config_format_expected(const struct config_setting *setting, struct buffer *out)
{
    switch (setting->type) {
    case CONFIG_BOOL:
        buffer_append_string(out, "yes or no");
        break;
    case CONFIG_NUMBER:
        append_range(setting, "a number", out);
        break;
    case CONFIG_SIZE:
        append_range(setting, "a size", out);
        break;
    case CONFIG_DURATION:
        append_range(setting, "a time", out);
        break;
    case CONFIG_CHOICE:
        append_choices(setting, out);
        break;
    case CONFIG_STRING:
        buffer_append_string(out, setting->expected != NULL ? setting->expected : "a text");
        if (setting->max != 0)
            buffer_append_format(out, " of at most %zu bytes", string_max(setting));
        break;
    case CONFIG_LIST:
        buffer_append_format(
            out, "a list, each item %s", setting->expected != NULL ? setting->expected : "a text");
        break;
    }
}
