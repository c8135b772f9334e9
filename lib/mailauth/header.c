/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/header.h"

#include "lib/mailauth/line-ends.h"

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

struct header_field header_field_make(struct text name, struct text value, struct arena *arena)
{
    struct text trimmed = text_trim(name);
    struct text lines = line_ends_to_crlf(without_line_end(value), arena);
    size_t len = trimmed.len + 1 + lines.len;
    char *raw = arena_alloc(arena, len);

    if (trimmed.len != 0)
        memcpy(raw, trimmed.data, trimmed.len);
    raw[trimmed.len] = ':';
    if (lines.len != 0)
        memcpy(raw + trimmed.len + 1, lines.data, lines.len);
    return (struct header_field){
        .name = text_from_bytes(raw, trimmed.len),
        .value = text_from_bytes(raw + trimmed.len + 1, lines.len),
        .raw = text_from_bytes(raw, len),
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
