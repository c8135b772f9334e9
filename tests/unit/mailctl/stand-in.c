/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailctl/stand-in.h"

#include "lib/base/array.h"
#include "lib/dns/message.h"
#include "lib/dns/wire-reader.h"
#include "tests/unit/dns/responder.h"
#include "tests/unit/unit.h"

struct record {
    struct wire_name owner;
    unsigned type;
    uint32_t ttl_s;
    struct text data;
};

static struct {
    struct stand_in face;
    struct responder *responder;
    struct arena *arena;
    ARRAY(struct record) records;
} server;

static bool is_of(const struct record *record, const struct wire_name *owner, unsigned type)
{
    return record->type == type && wire_name_equals(&record->owner, owner);
}

/* --- changes --------------------------------------------------------------- */

/* data NULL: all of the set. */
static void take_away(const struct wire_name *owner, unsigned type, const struct text *data)
{
    size_t kept = 0;

    for (size_t i = 0; i < server.records.count; i++) {
        const struct record *record = &server.records.items[i];

        if (!is_of(record, owner, type) || (data != NULL && !text_equals(record->data, *data)))
            server.records.items[kept++] = *record;
    }
    server.records.count = kept;
}

static void put(const struct wire_name *owner, unsigned type, uint32_t ttl_s, struct text data)
{
    struct record record = {*owner, type, ttl_s, arena_copy(server.arena, data)};

    take_away(owner, type, &data);
    array_push(&server.records, record);
}

static struct wire_name name_of(const char *text)
{
    struct wire_name name;

    assert_true(wire_name_from_text(text_from_string(text), &name));
    return name;
}

void stand_in_add(
    const char *owner, enum dns_type type, uint32_t ttl_s, const void *data, size_t len)
{
    struct wire_name name = name_of(owner);

    put(&name, type, ttl_s, text_from_bytes(data, len));
}

void stand_in_remove(const char *owner, enum dns_type type)
{
    struct wire_name name = name_of(owner);

    take_away(&name, type, NULL);
}

size_t stand_in_count(const char *owner, enum dns_type type, uint32_t *ttl_s_r)
{
    struct wire_name name = name_of(owner);
    size_t count = 0;

    for (size_t i = 0; i < server.records.count; i++)
        if (is_of(&server.records.items[i], &name, type)) {
            if (ttl_s_r != NULL)
                *ttl_s_r = server.records.items[i].ttl_s;
            count++;
        }
    return count;
}

/* --- updates and questions ------------------------------------------------- */

static bool is_passed_over(const struct wire_name *owner)
{
    struct wire_name name;

    if (server.face.passes_over == NULL)
        return false;
    name = name_of(server.face.passes_over);
    return wire_name_equals(owner, &name);
}

static void change(const struct wire_reader *reader, const struct wire_resource *resource)
{
    struct text data =
        text_from_bytes((const char *)reader->bytes + resource->data, resource->data_len);

    if (resource->class == MESSAGE_CLASS_NONE)
        take_away(&resource->owner, resource->type, &data);
    else if (!is_passed_over(&resource->owner))
        put(&resource->owner, resource->type, resource->ttl_s, data);
}

/* Zone, conditions, changes (RFC 2136 §2). */
static void update(const struct query *query)
{
    struct wire_reader reader = {.bytes = query->bytes, .len = query->len, .at = 6};
    size_t conditions = wire_reader_u16(&reader), changes = wire_reader_u16(&reader);

    reader.at = MESSAGE_HEADER_BYTES;
    (void)wire_reader_name(&reader);
    (void)wire_reader_u32(&reader);
    for (size_t i = 0; i < conditions + changes && !reader.is_bad; i++) {
        struct wire_resource resource = wire_reader_resource(&reader);

        if (i >= conditions && !reader.is_bad)
            change(&reader, &resource);
    }
    server.face.updates++;
}

static void tell(const struct query *query, struct wire *reply)
{
    struct wire_name name = name_of(query->name);

    for (size_t i = 0; i < server.records.count; i++) {
        const struct record *record = &server.records.items[i];
        size_t begin;

        if (!is_of(record, &name, query->type))
            continue;
        begin = wire_begin(reply, WIRE_ANSWER, query->name, record->type, record->ttl_s);
        wire_bytes(reply, record->data.data, record->data.len);
        wire_end(reply, begin);
    }
}

static bool answer(const struct query *query, struct wire *reply, int *delay_ms)
{
    unsigned opcode = message_flags(query->bytes) & MESSAGE_MASK_OPCODE;
    bool is_update = opcode == MESSAGE_OPCODE_UPDATE;
    bool refuses = !is_update && server.face.updates != 0 && server.face.refuses_after_update;

    (void)delay_ms;
    wire_start(reply, query->id,
        WIRE_RESPONSE | WIRE_AUTHORITATIVE | opcode | (refuses ? WIRE_REFUSED : 0), query->name,
        query->type);
    if (is_update)
        update(query);
    else if (!refuses)
        tell(query, reply);
    return true;
}

/* --- its life -------------------------------------------------------------- */

struct stand_in *stand_in_start(void)
{
    server.face = (struct stand_in){.passes_over = NULL};
    server.arena = arena_new();
    server.responder = responder_new(answer);
    return &server.face;
}

void stand_in_stop(void)
{
    responder_free(&server.responder);
    array_done(&server.records);
    arena_free(&server.arena);
}

const char *stand_in_server(void)
{
    return responder_server(server.responder);
}
