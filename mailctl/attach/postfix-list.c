/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-list.h"

#include "lib/base/buffer.h"

static bool is_separator(char byte)
{
    return byte == ',' || text_is_blank(byte);
}

bool postfix_list_next(struct text *rest, struct text *item_r)
{
    size_t start = 0, end, depth = 0;

    while (start < rest->len && is_separator(rest->data[start]))
        start++;
    *rest = text_skip(*rest, start);
    if (rest->len == 0)
        return false;
    for (end = 0; end < rest->len && (depth != 0 || !is_separator(rest->data[end])); end++) {
        if (rest->data[end] == '{')
            depth++;
        else if (rest->data[end] == '}' && depth != 0)
            depth--;
    }
    *item_r = text_head(*rest, end);
    *rest = text_skip(*rest, end);
    return true;
}

bool postfix_list_has(struct text list, struct text item)
{
    struct text found;

    while (postfix_list_next(&list, &found))
        if (text_equals(found, item))
            return true;
    return false;
}

struct text postfix_list_join(struct text a, struct text b, struct arena *arena)
{
    a = text_trim(a);
    b = text_trim(b);
    if (a.len == 0 || b.len == 0)
        return a.len == 0 ? b : a;
    return arena_print(arena, "%.*s, %.*s", TEXT_ARGS(a), TEXT_ARGS(b));
}

struct text postfix_list_without(struct text list, bool (*unwanted)(void *state, struct text item),
    void *state, struct arena *arena)
{
    struct text kept = TEXT(""), item;

    while (postfix_list_next(&list, &item))
        if (!unwanted(state, item))
            kept = postfix_list_join(kept, item, arena);
    return kept;
}

static bool is_name(char byte)
{
    return text_is_alnum(byte) || byte == '_';
}

bool postfix_list_refers(struct text text, struct text name)
{
    while (text.len != 0) {
        size_t at = text_find_text(text, name);

        if (at >= text.len)
            return false;
        if ((at == 0 || !is_name(text.data[at - 1])) &&
            (at + name.len == text.len || !is_name(text.data[at + name.len])))
            return true;
        text = text_skip(text, at + 1);
    }
    return false;
}

struct text postfix_list_pattern(struct text name, struct arena *arena)
{
    struct buffer pattern = BUFFER_NONE;
    struct text text;

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '.')
            buffer_append_byte(&pattern, '\\');
        buffer_append_byte(&pattern, name.data[i]);
    }
    text = arena_copy(arena, buffer_text(&pattern));
    buffer_done(&pattern);
    return text;
}
