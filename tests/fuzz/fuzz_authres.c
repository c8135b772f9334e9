/* SPDX-License-Identifier: MIT */

/*
 * Authentication-Results fields: the input is read as one, id and results, and goes as a value, a
 * comment and an authserv-id into fields of ours, which must be fit to send and must be known again
 * as ours.
 */

#include <stdlib.h>

#include "lib/mailauth/authres.h"

#define LINE_MAX_BYTES 998 /* RFC 5322 §2.1.1 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Line ends fold and do nothing else; no line is too long. */
static void check_field(struct text field)
{
    struct text line;
    bool is_first = true;

    if (field.len > AUTHRES_FIELD_MAX || text_find(field, '\0') < field.len)
        abort();
    for (; text_split(&field, '\n', &line); is_first = false) {
        size_t end = text_find(line, '\r');

        if (line.len > LINE_MAX_BYTES || (!is_first && !text_starts_with(line, TEXT("\t"))))
            abort();
        if (field.data != NULL ? end + 1 != line.len : end != line.len)
            abort();
    }
}

static struct text write_field(struct text id, struct text input, struct arena *arena)
{
    struct authres_writer *writer = authres_writer_new(id, arena);

    authres_method(writer, "spf", "pass", arena_copy_string(arena, input));
    authres_property(writer, "smtp", "mailfrom", input);
    authres_comment(writer, arena_copy_string(arena, input));
    authres_method(writer, "dkim", "none", NULL);
    return authres_finish(writer);
}

/* What is read lies within its bounds; what we write is read. */
static void check_results(struct text input, bool is_ours, struct arena *arena)
{
    const struct authres_result *results;
    size_t count;

    if (!authres_read_results(input, arena, &results, &count)) {
        if (is_ours)
            abort();
        return;
    }
    if (count > AUTHRES_RESULTS_MAX || (is_ours && count != 2))
        abort();
    for (size_t i = 0; i < count; i++)
        if (results[i].method.len == 0 || results[i].result.len == 0 ||
            results[i].property_count > AUTHRES_PROPERTIES_MAX)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_from_bytes((const char *)data, size), id;
    struct arena *arena = arena_new();
    struct header_field field = {.name = TEXT("Authentication-Results"), .value = input};

    if (!authres_read_id(input, arena, &id) &&
        !authres_is_forged(&field, TEXT("mx.example.org"), arena))
        abort();
    authres_is_forged(&field, TEXT("mx.example.org"), arena);
    field.value = write_field(TEXT("mx.example.org"), input, arena);
    check_field(field.value);
    if (!authres_is_forged(&field, TEXT("MX.example.org."), arena))
        abort();
    check_results(field.value, true, arena);
    check_results(input, false, arena);
    check_field(write_field(input, TEXT("x"), arena));
    arena_free(&arena);
    return 0;
}
