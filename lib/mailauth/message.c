/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/message.h"

#include <assert.h>

#include "lib/base/map.h"
#include "lib/mailauth/body-hash.h"

/* A field name that has been seen. */
struct name {
    size_t last; /* number of its lowest field */
    size_t count;
};

struct entry {
    struct header_field field;
    size_t above; /* number of the next field of this name above; MESSAGE_NO_FIELD: none */
};

struct message {
    struct arena *arena;
    struct message_limits limits;
    struct entry *entries;
    size_t count, room;
    size_t header_bytes;
    struct map *names; /* lower-case name to struct name */
    struct body_hashes *hashes;
    bool is_truncated, has_body, is_complete;
};

struct message *message_new(struct arena *arena, const struct message_limits *limits)
{
    struct message *message = arena_alloc_zero(arena, 1, sizeof *message);

    message->arena = arena;
    message->limits = limits != NULL ? *limits
                                     : (struct message_limits){
                                           MESSAGE_HEADER_BYTES_DEFAULT, MESSAGE_FIELDS_DEFAULT};
    message->names = map_new();
    message->hashes = body_hashes_new(arena);
    return message;
}

void message_done(struct message **message)
{
    if (*message == NULL)
        return;
    map_free(&(*message)->names);
    body_hashes_done(&(*message)->hashes);
    *message = NULL;
}

/* --- header --- */

/* Longer names than a line of RFC 5322 holds do not exist. */
#define FIELD_NAME_MAX 998

/* The record of a name, or NULL; lower_r has FIELD_NAME_MAX bytes, key_r is the name in it. */
static struct name *find_name(
    const struct message *message, struct text name, char *lower_r, struct text *key_r)
{
    if (name.len > FIELD_NAME_MAX)
        return NULL;
    if (name.len != 0)
        memcpy(lower_r, name.data, name.len);
    text_lower_bytes(lower_r, name.len);
    *key_r = text_from_bytes(lower_r, name.len);
    return map_get(message->names, *key_r);
}

static const struct name *look_up_name(const struct message *message, struct text name)
{
    char lower[FIELD_NAME_MAX];
    struct text key;

    return find_name(message, name, lower, &key);
}

/* Enters the field about to be added under its name; gives the number of the one above. */
static size_t enter_name(struct message *message, struct text name)
{
    char lower[FIELD_NAME_MAX];
    struct text key;
    struct name *known;
    size_t above = MESSAGE_NO_FIELD;

    assert(name.len <= FIELD_NAME_MAX);
    known = find_name(message, name, lower, &key);
    if (known == NULL) {
        known = arena_alloc_zero(message->arena, 1, sizeof *known);
        map_put(message->names, key, known);
    } else {
        above = known->last;
    }
    known->last = message->count;
    known->count++;
    return above;
}

/* The field in the message's own memory: name and value are parts of raw. */
static struct header_field copy_field(const struct header_field *field, struct arena *arena)
{
    struct text raw = arena_copy(arena, field->raw);
    size_t colon = text_find(raw, ':');

    return (struct header_field){text_trim(text_head(raw, colon)), text_skip(raw, colon + 1), raw};
}

enum err message_add_field(struct message *message, const struct header_field *field)
{
    struct entry *entry;

    assert(!message->has_body);
    if (message->count >= message->limits.fields || field->name.len > FIELD_NAME_MAX ||
        field->raw.len > message->limits.header_bytes - message->header_bytes) {
        message->is_truncated = true;
        return ERR_LIMIT;
    }
    message->entries = arena_make_room(
        message->arena, message->entries, message->count, &message->room, sizeof *message->entries);
    entry = &message->entries[message->count];
    entry->field = copy_field(field, message->arena);
    entry->above = enter_name(message, entry->field.name);
    message->header_bytes += field->raw.len;
    message->count++;
    return ERR_NONE;
}

bool message_is_truncated(const struct message *message)
{
    return message->is_truncated;
}

size_t message_field_count(const struct message *message)
{
    return message->count;
}

const struct header_field *message_field(const struct message *message, size_t index)
{
    assert(index < message->count);
    return &message->entries[index].field;
}

size_t message_count_fields(const struct message *message, struct text name)
{
    const struct name *known = look_up_name(message, name);

    return known != NULL ? known->count : 0;
}

size_t message_last_field(const struct message *message, struct text name)
{
    const struct name *known = look_up_name(message, name);

    return known != NULL ? known->last : MESSAGE_NO_FIELD;
}

size_t message_field_above(const struct message *message, size_t index)
{
    assert(index < message->count);
    return message->entries[index].above;
}

/* --- body --- */

enum err message_want_body_hash(struct message *message, enum canon canon, uint64_t limit)
{
    assert(!message->has_body);
    return body_hashes_want(message->hashes, canon, limit);
}

void message_add_body(struct message *message, struct text piece)
{
    assert(!message->is_complete);
    message->has_body = true;
    body_hashes_add(message->hashes, piece);
}

void message_end_body(struct message *message)
{
    assert(!message->is_complete);
    message->has_body = true;
    message->is_complete = true;
    body_hashes_end(message->hashes);
}

const struct message_body_hash *message_body_hash(
    const struct message *message, enum canon canon, uint64_t limit)
{
    return body_hashes_find(message->hashes, canon, limit);
}

bool message_is_complete(const struct message *message)
{
    return message->is_complete;
}
