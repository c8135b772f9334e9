/* SPDX-License-Identifier: MIT */
#include "lib/dns/wire-reader.h"

bool wire_reader_has(struct wire_reader *reader, size_t count)
{
    if (reader->len - reader->at < count)
        reader->is_bad = true;
    return !reader->is_bad;
}

uint8_t wire_reader_u8(struct wire_reader *reader)
{
    return wire_reader_has(reader, 1) ? reader->bytes[reader->at++] : 0;
}

uint16_t wire_reader_u16(struct wire_reader *reader)
{
    uint16_t value = 0;

    if (wire_reader_has(reader, 2)) {
        value = (uint16_t)(reader->bytes[reader->at] << 8 | reader->bytes[reader->at + 1]);
        reader->at += 2;
    }
    return value;
}

uint32_t wire_reader_u32(struct wire_reader *reader)
{
    uint32_t high = wire_reader_u16(reader);

    return high << 16 | wire_reader_u16(reader);
}

uint32_t wire_reader_ttl(struct wire_reader *reader)
{
    uint32_t ttl_s = wire_reader_u32(reader);

    return ttl_s <= 0x7fffffff ? ttl_s : 0;
}

struct wire_name wire_reader_name(struct wire_reader *reader)
{
    struct wire_name name = {.len = 1};

    if (!wire_name_read(reader->bytes, reader->len, &reader->at, &name))
        reader->is_bad = true;
    return name;
}

struct wire_resource wire_reader_resource(struct wire_reader *reader)
{
    struct wire_resource resource = {.owner = wire_reader_name(reader)};

    resource.type = wire_reader_u16(reader);
    resource.class = wire_reader_u16(reader);
    resource.ttl_s = wire_reader_ttl(reader);
    resource.data_len = wire_reader_u16(reader);
    resource.data = reader->at;
    if (wire_reader_has(reader, resource.data_len))
        reader->at += resource.data_len;
    return resource;
}

struct wire_reader wire_reader_of_data(
    const struct wire_reader *message, const struct wire_resource *resource)
{
    return (struct wire_reader){
        .bytes = message->bytes, .len = resource->data + resource->data_len, .at = resource->data};
}
