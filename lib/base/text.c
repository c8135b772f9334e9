/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

bool text_equals(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool text_equals_nocase(struct text a, struct text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (text_lower(a.data[i]) != text_lower(b.data[i]))
            return false;
    return true;
}

bool text_starts_with(struct text text, struct text prefix)
{
    return text.len >= prefix.len && text_equals(text_head(text, prefix.len), prefix);
}

bool text_starts_with_nocase(struct text text, struct text prefix)
{
    return text.len >= prefix.len && text_equals_nocase(text_head(text, prefix.len), prefix);
}

bool text_ends_with_nocase(struct text text, struct text suffix)
{
    return text.len >= suffix.len &&
           text_equals_nocase(text_skip(text, text.len - suffix.len), suffix);
}

int text_compare(struct text a, struct text b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared != 0 ? memcmp(a.data, b.data, shared) : 0;

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

struct text text_skip(struct text text, size_t len)
{
    if (text.data == NULL)
        return text;
    if (len > text.len)
        len = text.len;
    return text_from_bytes(text.data + len, text.len - len);
}

struct text text_head(struct text text, size_t len)
{
    return text_from_bytes(text.data, len < text.len ? len : text.len);
}

struct text text_trim(struct text text)
{
    while (text.len != 0 && text_is_blank(text.data[text.len - 1]))
        text.len--;
    while (text.len != 0 && text_is_blank(text.data[0]))
        text = text_skip(text, 1);
    return text;
}

size_t text_find(struct text text, char byte)
{
    const char *found = text.len != 0 ? memchr(text.data, byte, text.len) : NULL;

    return found != NULL ? (size_t)(found - text.data) : text.len;
}

size_t text_find_last(struct text text, char byte)
{
    const char *found = text.len != 0 ? memrchr(text.data, byte, text.len) : NULL;

    return found != NULL ? (size_t)(found - text.data) : text.len;
}

size_t text_find_text(struct text text, struct text needle)
{
    const char *found;

    if (needle.len == 0)
        return 0;
    if (text.len < needle.len)
        return text.len;
    found = memmem(text.data, text.len, needle.data, needle.len);
    return found != NULL ? (size_t)(found - text.data) : text.len;
}

bool text_has_control(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return true;
    return false;
}

bool text_split(struct text *rest, char separator, struct text *piece_r)
{
    size_t end;

    if (rest->data == NULL)
        return false;
    end = text_find(*rest, separator);
    *piece_r = text_head(*rest, end);
    *rest = end == rest->len ? TEXT_NONE : text_skip(*rest, end + 1);
    return true;
}

bool text_to_number(struct text text, uint64_t max, uint64_t *number_r)
{
    uint64_t number = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');

        if (!text_is_digit(text.data[i]) || digit > max || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *number_r = number;
    return true;
}

int text_hex_value(char byte)
{
    if (text_is_digit(byte))
        return byte - '0';
    byte = text_lower(byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

void text_lower_bytes(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = text_lower(bytes[i]);
}
