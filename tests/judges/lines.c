/* SPDX-License-Identifier: MIT */

#include "tests/judges/lines.h"

#include <stdlib.h>

void lines_init(struct lines *lines, FILE *file)
{
    *lines = (struct lines){.file = file};
}

void lines_done(struct lines *lines)
{
    free(lines->line);
    lines->line = NULL;
}

/* Reads \xHH in place. */
static struct text unescape(struct text text)
{
    char *bytes = (char *)text.data;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\' && i + 3 < text.len) {
            bytes[len++] =
                (char)(text_hex_value(text.data[i + 2]) * 16 + text_hex_value(text.data[i + 3]));
            i += 3;
        } else {
            bytes[len++] = text.data[i];
        }
    }
    return text_from_bytes(bytes, len);
}

bool lines_next(struct lines *lines)
{
    ssize_t len = getline(&lines->line, &lines->room, lines->file);
    struct text rest;

    if (len <= 0)
        return false;
    rest = text_from_bytes(lines->line, (size_t)len - (lines->line[len - 1] == '\n'));
    lines->count = 0;
    while (lines->count < LINES_FIELDS_MAX && text_split(&rest, '\t', &lines->fields[lines->count]))
        lines->count++;
    for (size_t i = 0; i < lines->count; i++)
        lines->fields[i] = unescape(lines->fields[i]);
    return true;
}

bool lines_is(const struct lines *lines, const char *word, size_t count)
{
    return lines->count == count && text_equals(lines->fields[0], text_from_string(word));
}

void lines_bail_out(const struct lines *lines)
{
    printf("Bail out! a line of %zu fields\n", lines->count);
    exit(EXIT_FAILURE);
}

void lines_write(struct text field, char end)
{
    for (size_t i = 0; i < field.len; i++) {
        unsigned char byte = (unsigned char)field.data[i];

        if (byte < ' ' || byte > '~' || byte == '\\')
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    putchar(end);
}
