/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/record-format.h"

#include <stdlib.h>
#include <string.h>

#include "lib/dns/name.h"

static const struct record_format *const formats[] = {&record_format_zone, &record_format_json,
    &record_format_nsupdate, &record_format_cloudflare, &record_format_terraform,
    &record_format_octodns};

const struct record_format *record_format_find(const char *word)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i]->word, word) == 0)
            return formats[i];
    return NULL;
}

bool record_format_is_inside(struct text zone, const struct zone_record *record)
{
    return dns_name_is_within(record->owner, zone);
}

struct text record_format_relative(struct text zone, struct text owner)
{
    return owner.len > zone.len ? text_head(owner, owner.len - zone.len - 1) : TEXT_NONE;
}

uint32_t record_format_ttl(const struct zone_record *record)
{
    return record->ttl_s != 0 ? record->ttl_s : RECORD_FORMAT_TTL_S;
}

bool record_format_is_type(const struct zone_record *record, const char *type)
{
    return strcmp(record->type, type) == 0;
}

size_t record_format_words(
    const struct zone_record *record, struct text words_r[RECORD_FORMAT_WORDS_MAX])
{
    size_t most = record_format_is_type(record, "MX")    ? 2
                  : record_format_is_type(record, "CAA") ? 3
                                                         : RECORD_FORMAT_WORDS_MAX;
    struct text rest = record->data;
    size_t count = 0;

    while (count + 1 < most && text_find(rest, ' ') != rest.len)
        (void)text_split(&rest, ' ', &words_r[count++]);
    words_r[count++] = rest;
    return count;
}

struct text record_format_unquoted(struct text quoted, struct arena *arena)
{
    struct buffer bytes = BUFFER_NONE;
    struct text text = quoted;

    if (zone_string_parse(quoted, &bytes))
        text = arena_copy(arena, buffer_text(&bytes));
    buffer_done(&bytes);
    return text;
}

/* --- groups --------------------------------------------------------------- */

static size_t digits_of(struct text text)
{
    size_t len = 0;

    while (len < text.len && text_is_digit(text.data[len]))
        len++;
    return len;
}

/* Numbers without the zeros before them: the longer is the greater. */
static int compare_numbers(struct text a, struct text b)
{
    while (a.len > 1 && a.data[0] == '0')
        a = text_skip(a, 1);
    while (b.len > 1 && b.data[0] == '0')
        b = text_skip(b, 1);
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return text_compare(a, b);
}

/* As natsort does it: pieces of digits compare as numbers, and come before text. */
static int compare_naturally(struct text a, struct text b)
{
    while (a.len != 0 && b.len != 0) {
        size_t a_digits = digits_of(a), b_digits = digits_of(b);
        int order = 0;

        if (a_digits != 0 && b_digits != 0)
            order = compare_numbers(text_head(a, a_digits), text_head(b, b_digits));
        else if (a_digits != 0 || b_digits != 0)
            order = a_digits != 0 ? -1 : 1;
        else if (a.data[0] != b.data[0])
            order = (unsigned char)a.data[0] < (unsigned char)b.data[0] ? -1 : 1;
        if (order != 0)
            return order;
        a = text_skip(a, a_digits != 0 ? a_digits : 1);
        b = text_skip(b, b_digits != 0 ? b_digits : 1);
    }
    return (a.len != 0) - (b.len != 0);
}

static int compare_groups(const void *a, const void *b)
{
    const struct record_group *one = a, *other = b;
    int order = compare_naturally(one->owner, other->owner);

    return order != 0 ? order : strcmp(one->type, other->type);
}

static bool is_of(const struct record_group *group, const struct zone_record *record)
{
    return strcmp(group->type, record->type) == 0 && text_equals(group->owner, record->owner);
}

static struct record_group group_of(struct text zone, const struct domain_records *records,
    const struct zone_record *first, struct arena *arena)
{
    struct record_group group = {.owner = first->owner, .type = first->type};
    const struct zone_record **members =
        arena_alloc_zero(arena, records->count, sizeof(const struct zone_record *));

    for (size_t i = 0; i < records->count; i++)
        if (record_format_is_inside(zone, &records->items[i].record) &&
            is_of(&group, &records->items[i].record))
            members[group.count++] = &records->items[i].record;
    group.records = members;
    return group;
}

static bool is_grouped(
    const struct record_group *groups, size_t count, const struct zone_record *record)
{
    for (size_t i = 0; i < count; i++)
        if (is_of(&groups[i], record))
            return true;
    return false;
}

size_t record_format_groups(struct text zone, const struct domain_records *records, bool sorted,
    struct arena *arena, const struct record_group **groups_r)
{
    struct record_group *groups = arena_alloc_zero(arena, records->count, sizeof *groups);
    size_t count = 0;

    for (size_t i = 0; i < records->count; i++) {
        const struct zone_record *record = &records->items[i].record;

        if (record_format_is_inside(zone, record) && !is_grouped(groups, count, record))
            groups[count++] = group_of(zone, records, record, arena);
    }
    if (sorted && count != 0) {
        for (size_t i = 0; i < count; i++)
            groups[i].owner = record_format_relative(zone, groups[i].owner);
        qsort(groups, count, sizeof *groups, compare_groups);
    }
    *groups_r = groups;
    return count;
}
