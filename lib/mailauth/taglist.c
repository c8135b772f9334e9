/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/taglist.h"

static bool is_digit_or_underscore(char byte)
{
    return text_is_digit(byte) || byte == '_';
}

/* tag-name = ALPHA *(ALPHA / DIGIT / "_") */
static bool tag_name_is_valid(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!text_is_alpha(name.data[i]) && (i == 0 || !is_digit_or_underscore(name.data[i])))
            return false;
    return name.len != 0;
}

/* Printable bytes, blanks between them, and UTF-8 (RFC 8616); ";" ends a value elsewhere. */
static bool tag_value_is_valid(struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.data[i];

        if ((byte < ' ' && !text_is_blank((char)byte)) || byte == 0x7f)
            return false;
    }
    return true;
}

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS] */
static bool tag_parse(struct text piece, struct tag *tag_r)
{
    size_t equals = text_find(piece, '=');
    struct tag tag;

    if (equals == piece.len)
        return false;
    tag.name = text_trim(text_head(piece, equals));
    tag.value = text_trim(text_skip(piece, equals + 1));
    if (!tag_name_is_valid(tag.name) || !tag_value_is_valid(tag.value))
        return false;
    *tag_r = tag;
    return true;
}

static bool tags_have(const struct tag *tags, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equals(tags[i].name, name))
            return true;
    return false;
}

/* No more tags than there are pieces: a short list in a long one's room would be waste. */
static size_t count_pieces(struct text text, size_t max)
{
    size_t count = 1;

    for (size_t i = 0; i < text.len && count < max; i++)
        count += text.data[i] == ';';
    return count;
}

static enum taglist_status taglist_read(
    struct text text, size_t max, bool forgiving, struct arena *arena, struct taglist *list_r)
{
    struct tag *tags = arena_alloc_zero(arena, count_pieces(text, max), sizeof *tags);
    struct text rest = text, piece;
    size_t count = 0;

    while (text_split(&rest, ';', &piece)) {
        struct tag tag;
        /* Nothing needs to stand behind the last semicolon. */
        bool is_tail = rest.data == NULL && text_is_empty(text_trim(piece));

        if (is_tail)
            break;
        if (!tag_parse(piece, &tag)) {
            if (forgiving)
                continue;
            return TAGLIST_SYNTAX;
        }
        if (tags_have(tags, count, tag.name))
            return TAGLIST_DUPLICATE;
        if (count == max)
            return TAGLIST_TOO_MANY;
        tags[count++] = tag;
    }
    if (count == 0 && !forgiving)
        return TAGLIST_SYNTAX;
    *list_r = (struct taglist){tags, count};
    return TAGLIST_OK;
}

enum taglist_status taglist_parse(
    struct text text, size_t max, struct arena *arena, struct taglist *list_r)
{
    return taglist_read(text, max, false, arena, list_r);
}

enum taglist_status taglist_parse_forgiving(
    struct text text, size_t max, struct arena *arena, struct taglist *list_r)
{
    return taglist_read(text, max, true, arena, list_r);
}

const struct text *taglist_find(const struct taglist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equals(list->tags[i].name, text_from_string(name)))
            return &list->tags[i].value;
    return NULL;
}
