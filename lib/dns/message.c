/* SPDX-License-Identifier: MIT */
#include "lib/dns/message.h"

#include "lib/dns/wire-name.h"

#define TYPE_OPT 41

static void put_u16(struct buffer *message, unsigned value)
{
    buffer_append_byte(message, (char)(value >> 8 & 0xff));
    buffer_append_byte(message, (char)(value & 0xff));
}

static void put_u32(struct buffer *message, uint32_t value)
{
    put_u16(message, value >> 16);
    put_u16(message, value & 0xffff);
}

static unsigned get_u16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void count_one(struct buffer *message, enum message_section section)
{
    uint8_t *count = (uint8_t *)message->data + 4 + 2 * (size_t)section;
    unsigned value = get_u16(count) + 1;

    count[0] = (uint8_t)(value >> 8);
    count[1] = (uint8_t)(value & 0xff);
}

void message_start(struct buffer *message, uint16_t id, unsigned flags)
{
    put_u16(message, id);
    put_u16(message, flags);
    for (size_t i = 0; i < 4; i++)
        put_u16(message, 0);
}

bool message_add_question(struct buffer *message, struct text name, unsigned type)
{
    struct wire_name wire;

    if (!wire_name_from_text(name, &wire))
        return false;
    buffer_append(message, wire.bytes, wire.len);
    put_u16(message, type);
    put_u16(message, MESSAGE_CLASS_IN);
    count_one(message, MESSAGE_QUESTION);
    return true;
}

bool message_add_record(struct buffer *message, enum message_section section, struct text owner,
    unsigned type, unsigned class, uint32_t ttl_s, struct text data)
{
    struct wire_name wire;

    if (data.len > 0xffff || !wire_name_from_text(owner, &wire))
        return false;
    buffer_append(message, wire.bytes, wire.len);
    put_u16(message, type);
    put_u16(message, class);
    put_u32(message, ttl_s);
    put_u16(message, (unsigned)data.len);
    buffer_append_text(message, data);
    count_one(message, section);
    return true;
}

void message_add_size(struct buffer *message, uint16_t size)
{
    (void)message_add_record(message, MESSAGE_ADDITIONAL, TEXT_NONE, TYPE_OPT, size, 0, TEXT_NONE);
}

uint16_t message_id(const uint8_t *message)
{
    return (uint16_t)get_u16(message);
}

unsigned message_flags(const uint8_t *message)
{
    return get_u16(message + 2);
}

const char *message_rcode_text(unsigned rcode)
{
    static const char *const words[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
        "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"};

    return rcode < sizeof words / sizeof *words ? words[rcode] : "unknown code";
}
