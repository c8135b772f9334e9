/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/header.h"

bool header_name_is_valid(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == ':')
            return false;
    return name.len != 0;
}

/* Drops the line ends behind the last line; blanks there belong to the field. */
static struct text without_line_end(struct text value)
{
    while (
        value.len != 0 && (value.data[value.len - 1] == '\n' || value.data[value.len - 1] == '\r'))
        value.len--;
    return value;
}

/* Copies value with each lone LF as CRLF; room_r has twice its length. */
static size_t copy_with_crlf(struct text value, char *room_r)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\n' && (i == 0 || value.data[i - 1] != '\r'))
            room_r[len++] = '\r';
        room_r[len++] = value.data[i];
    }
    return len;
}

struct header_field header_field_make(struct text name, struct text value, struct arena *arena)
{
    struct text trimmed = text_trim(name), body = without_line_end(value);
    char *raw = arena_alloc(arena, trimmed.len + 1 + body.len * 2);
    size_t value_len;

    if (trimmed.len != 0)
        memcpy(raw, trimmed.data, trimmed.len);
    raw[trimmed.len] = ':';
    value_len = copy_with_crlf(body, raw + trimmed.len + 1);
    return (struct header_field){
        .name = text_from_bytes(raw, trimmed.len),
        .value = text_from_bytes(raw + trimmed.len + 1, value_len),
        .raw = text_from_bytes(raw, trimmed.len + 1 + value_len),
    };
}

struct text header_unfold(struct text value, struct arena *arena)
{
    struct text trimmed = text_trim(value);
    char *line = arena_alloc(arena, trimmed.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < trimmed.len; i++)
        if (trimmed.data[i] != '\r' && trimmed.data[i] != '\n')
            line[len++] = trimmed.data[i];
    line[len] = '\0';
    return text_from_bytes(line, len);
}
