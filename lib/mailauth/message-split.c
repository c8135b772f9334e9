/* SPDX-License-Identifier: MIT */

/* A message file taken apart into fields and body. */

#include "lib/mailauth/message.h"

#include "lib/mailauth/line-ends.h"

/* Index behind the next CRLF, or beyond rest.len where there is none. */
static size_t line_len(struct text rest)
{
    return text_find_text(rest, TEXT("\r\n")) + 2;
}

/* Length of the field at the start of rest with its folded lines, line ends included. */
static size_t field_len(struct text rest)
{
    size_t len = line_len(rest);

    while (len < rest.len && (rest.data[len] == ' ' || rest.data[len] == '\t'))
        len += line_len(text_skip(rest, len));
    return len;
}

/* Takes one field off rest; false where the header is at its end. */
static bool take_field(struct text *rest, struct header_field *field_r)
{
    struct text raw = text_head(*rest, field_len(*rest));
    size_t colon = text_find(raw, ':');
    struct text name = text_trim(text_head(raw, colon));

    if (colon == raw.len || text_is_blank(raw.data[0]) || !header_name_is_valid(name))
        return false;
    *rest = text_skip(*rest, raw.len);
    if (raw.data[raw.len - 1] == '\n') /* which never stands without its CR here */
        raw.len -= 2;
    *field_r = (struct header_field){name, text_skip(raw, colon + 1), raw};
    return true;
}

static size_t count_fields(struct text rest)
{
    struct header_field field;
    size_t count = 0;

    while (take_field(&rest, &field))
        count++;
    return count;
}

/* The envelope line of an mbox, which is no "From :" field. */
static bool is_mbox_line(struct text rest)
{
    return text_starts_with(rest, TEXT("From ")) &&
           !text_equals(text_trim(text_head(rest, text_find(rest, ':'))), TEXT("From"));
}

enum err message_split_file(struct text content, struct arena *arena,
    const struct header_field **fields_r, size_t *field_count_r, struct text *body_r)
{
    struct text rest = line_ends_to_crlf(content, arena);
    struct header_field *fields;
    size_t count;

    if (is_mbox_line(rest))
        rest = text_skip(rest, line_len(rest));
    count = count_fields(rest);
    if (count == 0)
        return ERR_SYNTAX;
    fields = arena_alloc_zero(arena, count, sizeof *fields);
    for (size_t i = 0; i < count; i++)
        (void)take_field(&rest, &fields[i]);
    if (text_starts_with(rest, TEXT("\r\n")))
        rest = text_skip(rest, 2);
    *fields_r = fields;
    *field_count_r = count;
    *body_r = rest;
    return ERR_NONE;
}
