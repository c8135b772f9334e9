/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/tag-writer.h"

#include <stdio.h>
#include <string.h>

#define LINE_COLUMNS_MAX 78

/* A blank, not a tab: there are verifiers that look for " i=" in the field as it stands. */
#define FOLD "\r\n "
#define FOLD_COLUMNS 1

void tag_writer_init(struct tag_writer *writer, const char *field_name)
{
    *writer = (struct tag_writer){.value = BUFFER_NONE, .column = strlen(field_name) + 1};
}

void tag_writer_done(struct tag_writer *writer)
{
    buffer_done(&writer->value);
}

static void put(struct tag_writer *writer, struct text piece)
{
    buffer_append_text(&writer->value, piece);
    writer->column += piece.len;
}

void tag_writer_break(struct tag_writer *writer)
{
    buffer_append_string(&writer->value, FOLD);
    writer->column = FOLD_COLUMNS;
}

/* Begins a new line where len more characters have no room on this one. */
static bool fold(struct tag_writer *writer, size_t len)
{
    if (writer->column + len <= LINE_COLUMNS_MAX)
        return false;
    tag_writer_break(writer);
    return true;
}

static bool is_at_line_start(const struct tag_writer *writer)
{
    return text_ends_with_nocase(buffer_text(&writer->value), TEXT(FOLD));
}

void tag_writer_put(struct tag_writer *writer, const char *name, struct text value, const char *end)
{
    size_t len = strlen(name) + 1 + value.len + strlen(end);

    if (!is_at_line_start(writer) && !fold(writer, len + 1))
        put(writer, TEXT(" "));
    put(writer, text_from_string(name));
    put(writer, TEXT("="));
    put(writer, value);
    put(writer, text_from_string(end));
}

void tag_writer_put_number(struct tag_writer *writer, const char *name, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lld", (long long)number);
    tag_writer_put(writer, name, text_from_string(digits), ";");
}

void tag_writer_put_words(
    struct tag_writer *writer, const char *name, const struct text *words, size_t count)
{
    tag_writer_put(writer, name, words[0], count == 1 ? ";" : ":");
    for (size_t i = 1; i < count; i++) {
        (void)fold(writer, words[i].len + 1);
        put(writer, words[i]);
        put(writer, i + 1 == count ? TEXT(";") : TEXT(":"));
    }
}

void tag_writer_put_base64(struct tag_writer *writer, struct text base64)
{
    while (base64.len != 0) {
        struct text piece;

        (void)fold(writer, 1);
        piece = text_head(base64, LINE_COLUMNS_MAX - writer->column);
        put(writer, piece);
        base64 = text_skip(base64, piece.len);
    }
}
