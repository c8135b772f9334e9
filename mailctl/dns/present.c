/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/present.h"

#include <string.h>

#include "lib/dns/message.h"
#include "lib/dns/name.h"
#include "lib/dns/rdata.h"

#define RCODE_NO_ERROR 0U
#define RCODE_NO_NAME 3U

struct reading {
    struct text owner;
    struct wire_name owner_wire;
    enum dns_type type;
    struct arena *arena;
    struct present_list *list;
};

void present_done(struct present_list *list)
{
    array_done(&list->records);
    array_done(&list->synthesized);
}

/* Whether the server tells anything, by the header. */
static enum err check_header(struct text message, struct text owner, struct failure *failure)
{
    unsigned flags, rcode;

    if (message.len < MESSAGE_HEADER_BYTES)
        return failure_set(failure, ERR_SYNTAX, "the answer is no DNS message");
    flags = message_flags((const uint8_t *)message.data);
    rcode = flags & MESSAGE_MASK_RCODE;
    if (rcode != RCODE_NO_ERROR && rcode != RCODE_NO_NAME)
        return failure_set(failure, ERR_REFUSED,
            "the name server does not tell what is at %.*s: %s", TEXT_ARGS(owner),
            message_rcode_text(rcode));
    if ((flags & MESSAGE_FLAG_AUTHORITATIVE) == 0)
        return failure_set(failure, ERR_REFUSED,
            "the name server has no authority for %.*s: name the zone's primary with --server",
            TEXT_ARGS(owner));
    return ERR_NONE;
}

static bool read_question(struct wire_reader *reader, size_t count, const struct reading *reading)
{
    struct wire_name name = wire_reader_name(reader);
    uint16_t type = wire_reader_u16(reader), class = wire_reader_u16(reader);

    return count == 1 && !reader->is_bad && type == reading->type && class == MESSAGE_CLASS_IN &&
           wire_name_equals(&name, &reading->owner_wire);
}

/* Names in the data may be compressed, which those of an update must not be. A TXT has none. */
static bool wire_of(const struct reading *reading, const struct wire_reader *reader,
    const struct wire_resource *resource, struct present_record *record)
{
    struct zone_record zone_record = {.type = record->type, .data = record->data};
    struct buffer wire = BUFFER_NONE;
    bool is_known = true;

    if (reading->type == DNS_TXT)
        buffer_append(&wire, reader->bytes + resource->data, resource->data_len);
    else
        is_known = rdata_write(&zone_record, &wire);
    record->wire = arena_copy(reading->arena, buffer_text(&wire));
    buffer_done(&wire);
    return is_known;
}

static bool add_resource(const struct reading *reading, const struct wire_reader *reader,
    const struct wire_resource *resource)
{
    struct present_record record = {
        .owner = reading->owner, .type = dns_type_name(reading->type), .ttl_s = resource->ttl_s};
    struct dns_record read;

    if (resource->class != MESSAGE_CLASS_IN || resource->type != reading->type ||
        !wire_name_equals(&resource->owner, &reading->owner_wire))
        return true;
    if (!rdata_read(reader, resource, reading->arena, &read))
        return false;
    record.data = rdata_text(reading->type, &read, reading->arena);
    if (!wire_of(reading, reader, resource, &record))
        return false;
    array_push(&reading->list->records, record);
    return true;
}

static bool read_answer(struct text message, const struct reading *reading, size_t *answers_r)
{
    struct wire_reader reader = {
        .bytes = (const uint8_t *)message.data, .len = message.len, .at = 4};
    size_t questions = wire_reader_u16(&reader);

    *answers_r = wire_reader_u16(&reader);
    reader.at = MESSAGE_HEADER_BYTES;
    if (!read_question(&reader, questions, reading))
        return false;
    for (size_t i = 0; i < *answers_r && i <= DNS_RECORDS_MAX; i++) {
        struct wire_resource resource = wire_reader_resource(&reader);

        if (reader.is_bad || !add_resource(reading, &reader, &resource))
            return false;
    }
    return true;
}

enum err present_read(struct text message, struct text owner, enum dns_type type,
    struct arena *arena, struct present_list *list, struct failure *failure)
{
    struct reading reading = {.owner = owner, .type = type, .arena = arena, .list = list};
    size_t before = list->records.count, answers = 0;
    enum err err = check_header(message, owner, failure);

    if (err != ERR_NONE)
        return err;
    if (!wire_name_from_text(owner, &reading.owner_wire) ||
        !read_answer(message, &reading, &answers))
        err =
            failure_set(failure, ERR_SYNTAX, "the name server's answer about %.*s %s is malformed",
                TEXT_ARGS(owner), dns_type_name(type));
    else if (answers > DNS_RECORDS_MAX)
        err = failure_set(failure, ERR_LIMIT, "%.*s has more than %d records of type %s",
            TEXT_ARGS(owner), DNS_RECORDS_MAX, dns_type_name(type));
    if (err != ERR_NONE)
        list->records.count = before;
    return err;
}

/* --- wildcards ------------------------------------------------------------ */

static bool is_wildcard_of(struct text owner, struct text above)
{
    return text_starts_with(owner, TEXT("*.")) && text_equals(text_skip(owner, 2), above);
}

/* How many of the wildcard's records of that type there are, and whether one has these bytes. */
static size_t wildcard_count(const struct present_list *list, struct text above,
    const struct present_record *record, bool *has_it_r)
{
    size_t count = 0;

    *has_it_r = false;
    for (size_t i = 0; i < list->records.count; i++) {
        const struct present_record *other = &list->records.items[i];

        if (!is_wildcard_of(other->owner, above) || strcmp(other->type, record->type) != 0)
            continue;
        count++;
        *has_it_r |= text_equals(other->wire, record->wire);
    }
    return count;
}

/* Whether the record's set is that of the wildcard below that name. */
static bool is_made_below(
    const struct present_list *list, struct text above, const struct present_record *record)
{
    size_t count = 0, wildcards = 0;
    bool has_it;

    for (size_t i = 0; i < list->records.count; i++) {
        const struct present_record *other = &list->records.items[i];

        if (!text_equals(other->owner, record->owner) || strcmp(other->type, record->type) != 0)
            continue;
        count++;
        wildcards = wildcard_count(list, above, other, &has_it);
        if (!has_it)
            return false;
    }
    return count == wildcards;
}

static bool is_synthesized(
    const struct present_list *list, struct text zone, const struct present_record *record)
{
    if (text_starts_with(record->owner, TEXT("*.")))
        return false;
    for (struct text above = dns_name_parent(record->owner);
         above.len != 0 && dns_name_is_within(above, zone); above = dns_name_parent(above))
        if (is_made_below(list, above, record))
            return true;
    return false;
}

void present_part_synthesized(struct present_list *list, struct text zone)
{
    struct present_list kept = PRESENT_NONE;

    for (size_t i = 0; i < list->records.count; i++)
        if (is_synthesized(list, zone, &list->records.items[i]))
            array_push(&list->synthesized, list->records.items[i]);
        else
            array_push(&kept.records, list->records.items[i]);
    array_done(&list->records);
    list->records = kept.records;
}
