/* SPDX-License-Identifier: MIT */

/*
 * The header of a message, as a block of bytes: taken apart, made again field by field as a milter
 * hands them over, kept in a message with narrow limits and found by name.
 */

#include <assert.h>

#include "lib/mailauth/header.h"
#include "lib/mailauth/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A field's parts stand in its raw form, and making it of them gives the same again. */
static void check_field(const struct header_field *field, struct arena *arena)
{
    struct header_field again = header_field_make(field->name, field->value, arena);
    struct text line = header_unfold(field->value, arena);

    assert(header_name_is_valid(field->name));
    assert(field->raw.len >= field->name.len + 1 + field->value.len);
    assert(text_equals(text_skip(field->raw, field->raw.len - field->value.len), field->value));
    assert(text_equals(again.name, field->name));
    assert(again.raw.len == again.name.len + 1 + again.value.len);
    /* Line ends behind the last line are no part of a field that a milter gives. */
    assert(text_starts_with(field->value, again.value));
    assert(text_find(line, '\r') == line.len && text_find(line, '\n') == line.len);
    assert(line.len <= field->value.len);
}

/* Each field kept is found from below by its name, and only there. */
static void check_names(const struct message *message)
{
    for (size_t i = 0; i < message_field_count(message); i++) {
        struct text name = message_field(message, i)->name;
        size_t count = 0, last = MESSAGE_NO_FIELD;

        for (size_t at = message_last_field(message, name); at != MESSAGE_NO_FIELD;
             at = message_field_above(message, at), count++) {
            assert(at < last && text_equals_nocase(message_field(message, at)->name, name));
            last = at;
        }
        assert(count != 0 && count == message_count_fields(message, name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct message_limits limits = {512, 8};
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, &limits);
    const struct header_field *fields;
    struct text body;
    size_t count, refused = 0;

    if (message_split_file(
            text_from_bytes((const char *)data, size), arena, &fields, &count, &body) == ERR_NONE) {
        assert(count != 0 && body.len <= 2 * size);
        for (size_t i = 0; i < count; i++) {
            check_field(&fields[i], arena);
            refused += message_add_field(message, &fields[i]) != ERR_NONE;
        }
        assert(message_field_count(message) + refused == count);
        assert(message_field_count(message) <= limits.fields);
        assert(message_is_truncated(message) == (refused != 0));
        check_names(message);
    }
    message_done(&message);
    arena_free(&arena);
    return 0;
}
