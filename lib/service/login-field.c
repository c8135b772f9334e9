/* SPDX-License-Identifier: MIT */
#include "lib/service/login-field.h"

/* The letter that stands for a byte behind a backslash; 0 for bytes that stand for themselves. */
static char escape_letter(char byte)
{
    switch (byte) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\0':
        return '0';
    case '\\':
        return '\\';
    default:
        return 0;
    }
}

static bool unescape_letter(char letter, char *byte_r)
{
    static const char bytes[] = {'\t', '\n', '\r', '\0', '\\'};

    for (size_t i = 0; i < sizeof bytes; i++)
        if (escape_letter(bytes[i]) == letter) {
            *byte_r = bytes[i];
            return true;
        }
    return false;
}

size_t login_field_escape(struct text value, char *escaped_r)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        char letter = escape_letter(value.data[i]);

        if (letter != 0)
            escaped_r[len++] = '\\';
        escaped_r[len++] = letter != 0 ? letter : value.data[i];
    }
    return len;
}

bool login_field_unescape(char *bytes, size_t *len)
{
    size_t to = 0;

    for (size_t from = 0; from < *len; from++) {
        char byte = bytes[from];

        if (byte == '\\') {
            if (++from == *len || !unescape_letter(bytes[from], &byte))
                return false;
        } else if (byte == '\0' || byte == '\r') {
            return false;
        }
        bytes[to++] = byte;
    }
    *len = to;
    return true;
}

bool login_field_part(struct text field, struct text *name_r, struct text *value_r)
{
    size_t equals = text_find(field, '=');

    if (equals == 0 || equals == field.len)
        return false;
    *name_r = text_head(field, equals);
    *value_r = text_skip(field, equals + 1);
    return true;
}
