/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/main-cf.h"

static const struct postfix_line *find(
    struct text bytes, struct text name, struct postfix_lines *lines, struct arena *arena)
{
    *lines = postfix_lines_parse(bytes, POSTFIX_MAIN, arena);
    return postfix_lines_find(lines, name);
}

bool main_cf_get(struct text bytes, struct text name, struct arena *arena, struct text *value_r)
{
    struct postfix_lines lines;
    const struct postfix_line *line = find(bytes, name, &lines, arena);
    struct text whole;

    if (line == NULL)
        return false;
    whole = postfix_line_unfold(line, arena);
    *value_r = text_trim(text_skip(whole, text_find(whole, '=') + 1));
    return true;
}

/* What stands behind the "=" and the blanks there, up to the end of its last line. */
static struct text value_bytes(const struct postfix_line *line)
{
    struct text value = text_skip(line->bytes, text_find(line->bytes, '=') + 1);

    while (value.len != 0 && (value.data[0] == ' ' || value.data[0] == '\t'))
        value = text_skip(value, 1);
    while (value.len != 0 && text_is_blank(value.data[value.len - 1]))
        value.len--;
    return value;
}

/* Puts whole lines behind all that is there. */
static struct text append_lines(struct text bytes, struct text lines, struct arena *arena)
{
    bool is_open = bytes.len != 0 && bytes.data[bytes.len - 1] != '\n';

    if (bytes.len == 0)
        return lines;
    return postfix_lines_splice(bytes, text_skip(bytes, bytes.len),
        arena_print(arena, "%s%.*s", is_open ? "\n" : "", TEXT_ARGS(lines)), arena);
}

static struct text append(
    struct text bytes, struct text name, struct text value, struct arena *arena)
{
    return append_lines(bytes,
        arena_print(
            arena, "%.*s =%s%.*s\n", TEXT_ARGS(name), value.len != 0 ? " " : "", TEXT_ARGS(value)),
        arena);
}

/* "name =" gets a blank before what follows. */
static struct text spaced(struct text value, struct text place, struct arena *arena)
{
    bool is_bare = place.len == 0 || place.data[0] == '\n';

    if (!is_bare || value.len == 0 || place.data[-1] != '=')
        return value;
    return arena_print(arena, " %.*s", TEXT_ARGS(value));
}

struct text main_cf_set(struct text bytes, struct text name, struct text value, struct arena *arena)
{
    struct postfix_lines lines;
    const struct postfix_line *line = find(bytes, name, &lines, arena);
    struct text place;

    if (line == NULL)
        return append(bytes, name, value, arena);
    place = value_bytes(line);
    return postfix_lines_splice(bytes, place, spaced(value, place, arena), arena);
}

/* Where the items of a list stand; false where there are none. */
static bool find_items(struct text bytes, struct text name, struct arena *arena,
    struct text *place_r, struct text *value_r)
{
    struct postfix_lines lines;
    const struct postfix_line *line = find(bytes, name, &lines, arena);

    if (line == NULL || !main_cf_get(bytes, name, arena, value_r) || value_r->len == 0)
        return false;
    *place_r = value_bytes(line);
    return true;
}

/* Comments may stand between the "=" and the first item; the item comes before them. */
struct text main_cf_put_first(
    struct text bytes, struct text name, struct text item, struct arena *arena)
{
    struct text value, place;

    if (!find_items(bytes, name, arena, &place, &value))
        return main_cf_set(bytes, name, item, arena);
    return postfix_lines_splice(bytes, text_head(place, 0),
        arena_print(arena, "%s%.*s,%s", place.data[-1] == '=' ? " " : "", TEXT_ARGS(item),
            place.data[0] == '\n' ? "" : " "),
        arena);
}

struct text main_cf_put_last(
    struct text bytes, struct text name, struct text item, struct arena *arena)
{
    struct text value, place;

    if (!find_items(bytes, name, arena, &place, &value))
        return main_cf_set(bytes, name, item, arena);
    return postfix_lines_splice(bytes, text_skip(place, place.len),
        arena_print(arena, "%s %.*s", value.data[value.len - 1] == ',' ? "" : ",", TEXT_ARGS(item)),
        arena);
}

struct text main_cf_comment(struct text bytes, struct text comment, struct arena *arena)
{
    if (text_find_text(bytes, comment) < bytes.len)
        return bytes;
    return append_lines(bytes, arena_print(arena, "%.*s\n", TEXT_ARGS(comment)), arena);
}
