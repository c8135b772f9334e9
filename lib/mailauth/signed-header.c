/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signed-header.h"

#include <stdlib.h>

#include "lib/base/memory.h"

/* The bytes of value between "b=" and the next semicolon; empty where there is no b=. */
static struct text find_b(struct text value)
{
    struct text rest = value, piece;

    while (text_split(&rest, ';', &piece)) {
        size_t equals = text_find(piece, '=');

        if (text_equals(text_trim(text_head(piece, equals)), TEXT("b")))
            return text_skip(piece, equals + 1);
    }
    return text_skip(value, value.len);
}

struct header_field signed_header_empty_b(const struct header_field *field, struct arena *arena)
{
    struct text raw = field->raw, b = find_b(field->value);
    size_t value_at = raw.len - field->value.len;
    size_t before = (size_t)(b.data - field->value.data) + value_at;
    struct text after = text_skip(raw, before + b.len);
    char *copy = arena_alloc(arena, raw.len + 1);
    size_t len = before + after.len;

    memcpy(copy, raw.data, before);
    if (after.len != 0)
        memcpy(copy + before, after.data, after.len);
    return (struct header_field){
        .name = text_from_bytes(copy, field->name.len),
        .value = text_from_bytes(copy + value_at, len - value_at),
        .raw = text_from_bytes(copy, len),
    };
}

/*
 * Which field each name takes next. used[] has a place per field of the message; that of the
 * lowest field of a name counts for the name: 0 nothing taken yet, else the number of the field
 * taken last, plus one.
 */
static size_t take_field(const struct message *message, const struct signed_header *header,
    struct text name, size_t *used)
{
    size_t lowest = message_last_field(message, name), index;

    if (lowest == MESSAGE_NO_FIELD || used[lowest] == SIZE_MAX)
        return MESSAGE_NO_FIELD;
    index = used[lowest] == 0 ? lowest : message_field_above(message, used[lowest] - 1);
    if (index != MESSAGE_NO_FIELD && index == header->own_index)
        index = message_field_above(message, index);
    used[lowest] = index == MESSAGE_NO_FIELD ? SIZE_MAX : index + 1;
    return index;
}

static void sink(void *context, struct text bytes)
{
    digest_add(context, bytes);
}

static void add_field(const struct header_field *field, enum canon canon, struct digest *digest)
{
    canon_header_field(field, canon, sink, digest);
    digest_add(digest, TEXT("\r\n"));
}

bool signed_header_digest(const struct message *message, const struct signed_header *header,
    unsigned char digest_r[DIGEST_LEN])
{
    size_t *used = memory_alloc_zero(message_field_count(message) + 1, sizeof *used);
    struct digest *digest = digest_new();
    bool is_good;

    for (size_t i = 0; i < header->field_count; i++)
        add_field(header->fields[i], header->canon, digest);
    for (size_t i = 0; i < header->name_count; i++) {
        size_t index = take_field(message, header, header->names[i], used);

        /* A name without a field left signs its absence: nothing goes in (§5.4). */
        if (index != MESSAGE_NO_FIELD)
            add_field(message_field(message, index), header->canon, digest);
    }
    canon_header_field(&header->own, header->canon, sink, digest);
    is_good = digest_finish(digest, digest_r);
    digest_free(&digest);
    free(used);
    return is_good;
}
