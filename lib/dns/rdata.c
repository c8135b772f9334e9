/* SPDX-License-Identifier: MIT */
#include "lib/dns/rdata.h"

#include <string.h>

#include "lib/base/base64.h"

/* --- from the wire -------------------------------------------------------- */

static void read_address(struct wire_reader *data, enum ip_family family, struct ip *ip_r)
{
    size_t len = family == IP_V4 ? 4 : 16;

    if (!wire_reader_has(data, len))
        return;
    *ip_r = (struct ip){.family = family};
    memcpy(ip_r->bytes, data->bytes + data->at, len);
    data->at += len;
}

/* All character strings of the record, joined (RFC 1035 §3.3.14; RFC 7208 §3.3). */
static struct text read_strings(struct wire_reader *data, struct arena *arena)
{
    size_t len = 0;
    char *joined = arena_alloc(arena, data->len - data->at + 1);

    if (data->at == data->len)
        data->is_bad = true;
    while (data->at < data->len) {
        size_t string_len = data->bytes[data->at++];

        if (!wire_reader_has(data, string_len))
            break;
        memcpy(joined + len, data->bytes + data->at, string_len);
        data->at += string_len;
        len += string_len;
    }
    joined[len] = '\0';
    return text_from_bytes(joined, len);
}

static struct text read_name(struct wire_reader *data, struct arena *arena)
{
    struct wire_name name = wire_reader_name(data);

    return wire_name_to_text(&name, arena);
}

/* The rest, which is data of one length or another. */
static struct text read_rest(struct wire_reader *data)
{
    struct text rest = text_from_bytes((const char *)data->bytes + data->at, data->len - data->at);

    data->at = data->len;
    return rest;
}

static void append_hex(struct buffer *out, struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        buffer_append_format(out, "%02x", (unsigned char)bytes.data[i]);
}

/* Three numbers and a digest: DS begins with one of two bytes, TLSA with one of one. */
static void read_digest(struct wire_reader *data, unsigned first, struct buffer *out)
{
    unsigned second = wire_reader_u8(data), third = wire_reader_u8(data);
    struct text digest;

    if (!wire_reader_has(data, 1) || data->len - data->at > RDATA_DIGEST_MAX) {
        data->is_bad = true;
        return;
    }
    digest = read_rest(data);
    buffer_append_format(out, "%u %u %u ", first, second, third);
    append_hex(out, digest);
}

/* Flags, protocol, algorithm and a public key (RFC 4034 §2.2). */
static void read_key(struct wire_reader *data, struct buffer *out)
{
    unsigned flags = wire_reader_u16(data), protocol = wire_reader_u8(data);
    unsigned algorithm = wire_reader_u8(data);
    struct text key;
    char *encoded;

    if (!wire_reader_has(data, 1) || data->len - data->at > RDATA_KEY_MAX) {
        data->is_bad = true;
        return;
    }
    key = read_rest(data);
    buffer_append_format(out, "%u %u %u ", flags, protocol, algorithm);
    encoded = buffer_reserve(out, BASE64_ENCODED_LEN(key.len) + 1);
    base64_encode(key.data, key.len, encoded);
    out->len += BASE64_ENCODED_LEN(key.len);
}

static void read_service(struct wire_reader *data, struct buffer *out)
{
    unsigned priority = wire_reader_u16(data), weight = wire_reader_u16(data);
    unsigned port = wire_reader_u16(data);
    struct wire_name target = wire_reader_name(data);
    struct arena *arena = arena_new();

    buffer_append_format(out, "%u %u %u ", priority, weight, port);
    buffer_append_text(out, wire_name_to_text(&target, arena));
    buffer_append_byte(out, '.');
    arena_free(&arena);
}

static bool is_caa_tag(struct text tag)
{
    for (size_t i = 0; i < tag.len; i++)
        if (!text_is_alnum(tag.data[i]))
            return false;
    return tag.len != 0 && tag.len <= RDATA_CAA_TAG_MAX;
}

static void read_authorization(struct wire_reader *data, struct buffer *out)
{
    unsigned flags = wire_reader_u8(data);
    size_t tag_len = wire_reader_u8(data);
    struct text tag;

    if (!wire_reader_has(data, tag_len))
        return;
    tag = text_from_bytes((const char *)data->bytes + data->at, tag_len);
    data->at += tag_len;
    if (!is_caa_tag(tag)) {
        data->is_bad = true;
        return;
    }
    buffer_append_format(out, "%u %.*s ", flags, TEXT_ARGS(tag));
    zone_string_format(read_rest(data), out);
}

static struct text read_words(struct wire_reader *data, enum dns_type type, struct arena *arena)
{
    struct buffer words = BUFFER_NONE;
    struct text text;

    if (type == DNS_SRV)
        read_service(data, &words);
    else if (type == DNS_CAA)
        read_authorization(data, &words);
    else if (type == DNS_DNSKEY)
        read_key(data, &words);
    else
        read_digest(data, type == DNS_DS ? wire_reader_u16(data) : wire_reader_u8(data), &words);
    text = arena_copy(arena, buffer_text(&words));
    buffer_done(&words);
    return text;
}

bool rdata_read(const struct wire_reader *message, const struct wire_resource *resource,
    struct arena *arena, struct dns_record *record_r)
{
    struct wire_reader data = wire_reader_of_data(message, resource);
    struct dns_record record = {.ip = {.family = IP_NONE}};

    switch ((enum dns_type)resource->type) {
    case DNS_A:
        read_address(&data, IP_V4, &record.ip);
        break;
    case DNS_AAAA:
        read_address(&data, IP_V6, &record.ip);
        break;
    case DNS_TXT:
        record.text = read_strings(&data, arena);
        break;
    case DNS_MX:
        record.preference = wire_reader_u16(&data);
        /* fall through */
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_SOA:
        record.text = read_name(&data, arena);
        break;
    case DNS_SRV:
    case DNS_DS:
    case DNS_DNSKEY:
    case DNS_TLSA:
    case DNS_CAA:
        record.text = read_words(&data, (enum dns_type)resource->type, arena);
        break;
    }
    *record_r = record;
    return !data.is_bad && (data.at == data.len || resource->type == DNS_SOA);
}

struct text rdata_text(enum dns_type type, const struct dns_record *record, struct arena *arena)
{
    char address[IP_TEXT_MAX];

    switch (type) {
    case DNS_A:
    case DNS_AAAA:
        ip_format(&record->ip, address);
        return arena_copy(arena, text_from_string(address));
    case DNS_MX:
        return arena_print(arena, "%u %.*s.", record->preference, TEXT_ARGS(record->text));
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_SOA:
        return arena_print(arena, "%.*s.", TEXT_ARGS(record->text));
    case DNS_TXT:
    case DNS_SRV:
    case DNS_DS:
    case DNS_DNSKEY:
    case DNS_TLSA:
    case DNS_CAA:
        break;
    }
    return record->text;
}

/* --- to the wire ---------------------------------------------------------- */

static void write_u16(struct buffer *out, uint64_t value)
{
    buffer_append_byte(out, (char)(value >> 8));
    buffer_append_byte(out, (char)(value & 0xff));
}

/* The next word as a number of one or two bytes. */
static bool write_number(struct text *rest, size_t size, struct buffer *out)
{
    struct text word;
    uint64_t number;

    if (!text_split(rest, ' ', &word) || word.len == 0 ||
        !text_to_number(word, size == 1 ? 0xff : 0xffff, &number))
        return false;
    if (size == 1)
        buffer_append_byte(out, (char)number);
    else
        write_u16(out, number);
    return true;
}

/* A name with its final dot, none of its bytes escaped: such a name is not ours. */
static bool write_name(struct text name, struct buffer *out)
{
    struct wire_name wire;

    if (name.len == 0 || name.data[name.len - 1] != '.' || text_find(name, '\\') != name.len ||
        !wire_name_from_text(text_head(name, name.len - 1), &wire))
        return false;
    buffer_append(out, wire.bytes, wire.len);
    return true;
}

static bool write_address(struct text data, enum ip_family family, struct buffer *out)
{
    struct ip ip;

    if (!ip_parse(data, &ip) || ip.family != family)
        return false;
    buffer_append(out, ip.bytes, family == IP_V4 ? 4 : 16);
    return true;
}

/* As few strings as there can be: checkers and people count them. */
static bool write_strings(struct text payload, struct buffer *out)
{
    if (payload.len > ZONE_TXT_MAX_BYTES)
        return false;
    do {
        struct text string = text_head(payload, ZONE_STRING_MAX);

        buffer_append_byte(out, (char)string.len);
        buffer_append_text(out, string);
        payload = text_skip(payload, string.len);
    } while (payload.len != 0);
    return true;
}

static bool write_hex(struct text digits, struct buffer *out)
{
    if (digits.len == 0 || digits.len % 2 != 0 || digits.len / 2 > RDATA_DIGEST_MAX)
        return false;
    for (size_t i = 0; i < digits.len; i += 2) {
        int high = text_hex_value(digits.data[i]), low = text_hex_value(digits.data[i + 1]);

        if (high < 0 || low < 0)
            return false;
        buffer_append_byte(out, (char)(high << 4 | low));
    }
    return true;
}

static bool write_authorization(struct text data, struct buffer *out)
{
    struct text tag;

    if (!write_number(&data, 1, out) || !text_split(&data, ' ', &tag) || !is_caa_tag(tag))
        return false;
    buffer_append_byte(out, (char)tag.len);
    buffer_append_text(out, tag);
    return zone_string_parse(data, out);
}

static bool write_data(enum dns_type type, struct text data, struct buffer *out)
{
    switch (type) {
    case DNS_A:
        return write_address(data, IP_V4, out);
    case DNS_AAAA:
        return write_address(data, IP_V6, out);
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        return write_name(data, out);
    case DNS_MX:
        return write_number(&data, 2, out) && write_name(data, out);
    case DNS_TXT:
        return write_strings(data, out);
    case DNS_SRV:
        return write_number(&data, 2, out) && write_number(&data, 2, out) &&
               write_number(&data, 2, out) && write_name(data, out);
    case DNS_TLSA:
        return write_number(&data, 1, out) && write_number(&data, 1, out) &&
               write_number(&data, 1, out) && write_hex(data, out);
    case DNS_CAA:
        return write_authorization(data, out);
    case DNS_SOA:
    case DNS_DS:
    case DNS_DNSKEY:
        break;
    }
    return false;
}

bool rdata_write(const struct zone_record *record, struct buffer *out)
{
    struct buffer data = BUFFER_NONE;
    enum dns_type type;
    bool is_known = dns_type_parse(text_from_string(record->type), &type) &&
                    write_data(type, record->data, &data) && data.len <= 0xffff;

    if (is_known)
        buffer_append_text(out, buffer_text(&data));
    buffer_done(&data);
    return is_known;
}
