/* SPDX-License-Identifier: MIT */

/*
 * Writes Authentication-Results fields, one a line:
 *
 *     write AUTHSERV-ID { KIND A B C }...
 *
 * where KIND is "method" (its name, result, reason or nothing), "property" (type, name, value) or
 * "comment" (its text). The answer is the field's value.
 */

#include <stdlib.h>

#include "lib/mailauth/authres.h"
#include "tests/judges/lines.h"

#define PART_FIELDS 4

static void put_part(struct authres_writer *writer, struct arena *arena, const struct text *fields)
{
    const char *first = arena_copy_string(arena, fields[1]);
    const char *second = arena_copy_string(arena, fields[2]);

    if (text_equals(fields[0], TEXT("method")))
        authres_method(
            writer, first, second, fields[3].len != 0 ? arena_copy_string(arena, fields[3]) : NULL);
    else if (text_equals(fields[0], TEXT("property")))
        authres_property(writer, first, second, fields[3]);
    else
        authres_comment(writer, first);
}

static void write_field(const struct lines *lines)
{
    struct arena *arena = arena_new();
    struct authres_writer *writer = authres_writer_new(lines->fields[1], arena);

    for (size_t i = 2; i + PART_FIELDS <= lines->count; i += PART_FIELDS)
        put_part(writer, arena, &lines->fields[i]);
    lines_write(authres_finish(writer), '\n');
    arena_free(&arena);
}

int main(void)
{
    struct lines lines;

    lines_init(&lines, stdin);
    while (lines_next(&lines)) {
        if (lines.count < 2 || !text_equals(lines.fields[0], TEXT("write")))
            lines_bail_out(&lines);
        write_field(&lines);
    }
    lines_done(&lines);
    return EXIT_SUCCESS;
}
