/* SPDX-License-Identifier: MIT */
#include "lib/dns/zone-record.h"

#include <assert.h>
#include <string.h>

#include "lib/dns/name.h"

static bool is_txt(const struct zone_record *record)
{
    return strcmp(record->type, "TXT") == 0;
}

static void append_decimal_escape(struct buffer *out, char byte)
{
    buffer_append_format(out, "\\%03u", (unsigned char)byte);
}

/* The bytes of a name that have no second meaning anywhere in a zone file. */
static bool is_plain_in_name(char byte)
{
    return text_is_alnum(byte) || byte == '-' || byte == '_' || byte == '*' || byte == '.';
}

static void append_name(struct buffer *out, struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (is_plain_in_name(name.data[i]))
            buffer_append_byte(out, name.data[i]);
        else
            append_decimal_escape(out, name.data[i]);
}

void zone_name_format(struct text name, struct text origin, struct buffer *out)
{
    if (name.len != 0 && text_equals_nocase(name, origin)) {
        buffer_append_byte(out, '@');
    } else if (dns_name_is_within(name, origin)) {
        append_name(out, text_head(name, name.len - origin.len - 1));
    } else {
        append_name(out, name);
        buffer_append_byte(out, '.');
    }
}

void zone_string_format(struct text string, struct buffer *out)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < string.len; i++) {
        char byte = string.data[i];

        if (byte == '"' || byte == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, byte);
        } else if (byte >= ' ' && byte <= '~') {
            buffer_append_byte(out, byte);
        } else {
            append_decimal_escape(out, byte);
        }
    }
    buffer_append_byte(out, '"');
}

static bool escaped_byte(struct text rest, size_t *len_r, char *byte_r)
{
    uint64_t value;

    if (rest.len >= 2 && !text_is_digit(rest.data[1])) {
        *len_r = 2;
        *byte_r = rest.data[1];
        return true;
    }
    if (rest.len < 4 || !text_to_number(text_head(text_skip(rest, 1), 3), 255, &value))
        return false;
    *len_r = 4;
    *byte_r = (char)value;
    return true;
}

bool zone_string_parse(struct text quoted, struct buffer *out)
{
    struct buffer bytes = BUFFER_NONE;
    struct text rest;

    if (quoted.len < 2 || quoted.data[0] != '"' || quoted.data[quoted.len - 1] != '"')
        return false;
    for (rest = text_head(text_skip(quoted, 1), quoted.len - 2); rest.len != 0;) {
        size_t len = 1;
        char byte = rest.data[0];

        if (byte == '"' || (byte == '\\' && !escaped_byte(rest, &len, &byte)))
            break;
        buffer_append_byte(&bytes, byte);
        rest = text_skip(rest, len);
    }
    if (rest.len == 0)
        buffer_append_text(out, buffer_text(&bytes));
    buffer_done(&bytes);
    return rest.len == 0;
}

void zone_strings_format(struct text payload, const char *separator, struct buffer *out)
{
    zone_string_format(text_head(payload, ZONE_STRING_MAX), out);
    for (size_t at = ZONE_STRING_MAX; at < payload.len; at += ZONE_STRING_MAX) {
        buffer_append_string(out, separator);
        zone_string_format(text_head(text_skip(payload, at), ZONE_STRING_MAX), out);
    }
}

struct zone_record zone_record_txt(struct text owner, uint32_t ttl_s, struct text payload)
{
    return (struct zone_record){owner, ttl_s, "TXT", payload};
}

static struct text copy_of(struct buffer *data, struct arena *arena)
{
    struct text copy = arena_copy(arena, buffer_text(data));

    buffer_done(data);
    return copy;
}

struct zone_record zone_record_mx(
    struct text owner, uint32_t ttl_s, uint16_t preference, struct text host, struct arena *arena)
{
    struct buffer data = BUFFER_NONE;

    buffer_append_format(&data, "%u ", host.len != 0 ? preference : 0U);
    zone_name_format(host, TEXT_NONE, &data);
    return (struct zone_record){owner, ttl_s, "MX", copy_of(&data, arena)};
}

struct zone_record zone_record_address(
    struct text owner, uint32_t ttl_s, const struct ip *ip, struct arena *arena)
{
    char address[IP_TEXT_MAX];

    assert(ip->family != IP_NONE);
    ip_format(ip, address);
    return (struct zone_record){owner, ttl_s, ip->family == IP_V4 ? "A" : "AAAA",
        arena_copy(arena, text_from_string(address))};
}

struct zone_record zone_record_name(
    struct text owner, uint32_t ttl_s, const char *type, struct text target, struct arena *arena)
{
    struct buffer data = BUFFER_NONE;

    zone_name_format(target, TEXT_NONE, &data);
    return (struct zone_record){owner, ttl_s, type, copy_of(&data, arena)};
}

struct zone_record zone_record_srv(struct text owner, uint32_t ttl_s, uint16_t priority,
    uint16_t weight, uint16_t port, struct text target, struct arena *arena)
{
    struct buffer data = BUFFER_NONE;

    if (text_is_empty(target))
        priority = weight = port = 0;
    buffer_append_format(&data, "%u %u %u ", priority, weight, port);
    zone_name_format(target, TEXT_NONE, &data);
    return (struct zone_record){owner, ttl_s, "SRV", copy_of(&data, arena)};
}

struct zone_record zone_record_tlsa(
    struct text owner, uint32_t ttl_s, const unsigned char digest[32], struct arena *arena)
{
    struct buffer data = BUFFER_NONE;

    buffer_append_string(&data, "3 1 1 ");
    for (size_t i = 0; i < 32; i++)
        buffer_append_format(&data, "%02x", digest[i]);
    return (struct zone_record){owner, ttl_s, "TLSA", copy_of(&data, arena)};
}

struct zone_record zone_record_caa(struct text owner, uint32_t ttl_s, unsigned flags,
    const char *tag, struct text value, struct arena *arena)
{
    struct buffer data = BUFFER_NONE;

    buffer_append_format(&data, "%u %s ", flags, tag);
    zone_string_format(value, &data);
    return (struct zone_record){owner, ttl_s, "CAA", copy_of(&data, arena)};
}

void zone_record_format_data(const struct zone_record *record, struct buffer *out)
{
    if (is_txt(record))
        zone_strings_format(record->data, " ", out);
    else
        buffer_append_text(out, record->data);
}

void zone_record_format(const struct zone_record *record, struct text origin, struct buffer *out)
{
    zone_name_format(record->owner, origin, out);
    if (record->ttl_s != 0)
        buffer_append_format(out, "\t%u", record->ttl_s);
    buffer_append_format(out, "\tIN\t%s\t", record->type);
    if (is_txt(record) && record->data.len > ZONE_STRING_MAX) {
        buffer_append_string(out, "( ");
        zone_strings_format(record->data, "\n\t\t", out);
        buffer_append_string(out, " )");
    } else {
        zone_record_format_data(record, out);
    }
    buffer_append_byte(out, '\n');
}
