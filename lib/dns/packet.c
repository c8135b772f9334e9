/* SPDX-License-Identifier: MIT */
#include "lib/dns/packet.h"

#include <string.h>

#include "lib/dns/wire-name.h"

#define FLAG_RESPONSE 0x8000U
#define FLAG_TRUNCATED 0x0200U
#define MASK_OPCODE 0x7800U
#define MASK_RCODE 0x000fU
#define RCODE_NO_ERROR 0U
#define RCODE_NO_NAME 3U
#define CLASS_IN 1
/* What may stand in an answer section beside the answer (RFC 6672, RFC 4034). */
#define TYPE_DNAME 39
#define TYPE_RRSIG 46

static const struct dns_answer temporary = {.status = DNS_TEMPORARY};

/* Reading sets is_bad once something is not there; nothing read after that means anything. */
struct reader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool is_bad;
};

/* One resource record (§4.1.3), its data still in the packet. */
struct resource {
    struct wire_name owner;
    uint16_t type, class;
    uint32_t ttl_s;
    size_t data, data_len;
};

/* The search for the answer: whose records are wanted now, and what was found. */
struct search {
    struct reader answers; /* at the first record of the answer section */
    size_t answer_count;
    enum dns_type type;
    struct wire_name name; /* the question's, later an alias's target */
    size_t alias_count;
    uint32_t ttl_s;
    struct dns_record *records;
    size_t count;
    struct arena *arena;
};

static bool reader_has(struct reader *reader, size_t count)
{
    if (reader->len - reader->at < count)
        reader->is_bad = true;
    return !reader->is_bad;
}

static uint16_t read_u16(struct reader *reader)
{
    uint16_t value = 0;

    if (reader_has(reader, 2)) {
        value = (uint16_t)(reader->bytes[reader->at] << 8 | reader->bytes[reader->at + 1]);
        reader->at += 2;
    }
    return value;
}

static uint32_t read_u32(struct reader *reader)
{
    uint32_t high = read_u16(reader);

    return high << 16 | read_u16(reader);
}

static struct wire_name read_name(struct reader *reader)
{
    struct wire_name name = {.len = 1};

    if (!wire_name_read(reader->bytes, reader->len, &reader->at, &name))
        reader->is_bad = true;
    return name;
}

/* A TTL with its highest bit set counts as 0 (RFC 2181 §8). */
static uint32_t read_ttl(struct reader *reader)
{
    uint32_t ttl_s = read_u32(reader);

    return ttl_s <= 0x7fffffff ? ttl_s : 0;
}

static struct resource read_resource(struct reader *reader)
{
    struct resource resource = {.owner = read_name(reader)};

    resource.type = read_u16(reader);
    resource.class = read_u16(reader);
    resource.ttl_s = read_ttl(reader);
    resource.data_len = read_u16(reader);
    resource.data = reader->at;
    if (reader_has(reader, resource.data_len))
        reader->at += resource.data_len;
    return resource;
}

/* A reader at the data of a resource. Names in it may point to anywhere before. */
static struct reader reader_of_data(const struct reader *packet, const struct resource *resource)
{
    return (struct reader){
        .bytes = packet->bytes, .len = resource->data + resource->data_len, .at = resource->data};
}

static void read_address(struct reader *data, enum ip_family family, struct ip *ip_r)
{
    size_t len = family == IP_V4 ? 4 : 16;

    if (!reader_has(data, len))
        return;
    *ip_r = (struct ip){.family = family};
    memcpy(ip_r->bytes, data->bytes + data->at, len);
    data->at += len;
}

/* All character strings of the record, joined (§3.3.14; RFC 7208 §3.3). */
static struct text read_strings(struct reader *data, struct arena *arena)
{
    size_t len = 0;
    char *joined = arena_alloc(arena, data->len - data->at + 1);

    if (data->at == data->len)
        data->is_bad = true;
    while (data->at < data->len) {
        size_t string_len = data->bytes[data->at++];

        if (!reader_has(data, string_len))
            break;
        memcpy(joined + len, data->bytes + data->at, string_len);
        data->at += string_len;
        len += string_len;
    }
    joined[len] = '\0';
    return text_from_bytes(joined, len);
}

/* False where the data is not what the type says, or has something behind it. */
static bool resource_read_data(const struct reader *packet, const struct resource *resource,
    struct arena *arena, struct dns_record *record)
{
    struct reader data = reader_of_data(packet, resource);
    struct wire_name name;

    *record = (struct dns_record){.ip = {.family = IP_NONE}};
    switch ((enum dns_type)resource->type) {
    case DNS_A:
        read_address(&data, IP_V4, &record->ip);
        break;
    case DNS_AAAA:
        read_address(&data, IP_V6, &record->ip);
        break;
    case DNS_TXT:
        record->text = read_strings(&data, arena);
        break;
    case DNS_MX:
        record->preference = read_u16(&data);
        /* fall through */
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_SOA:
        name = read_name(&data);
        record->text = wire_name_to_text(&name, arena);
        break;
    }
    return !data.is_bad && (data.at == data.len || resource->type == DNS_SOA);
}

static void search_lower_ttl(struct search *search, uint32_t ttl_s)
{
    if (ttl_s < search->ttl_s)
        search->ttl_s = ttl_s;
}

static bool search_add(
    struct search *search, const struct reader *packet, const struct resource *resource)
{
    search_lower_ttl(search, resource->ttl_s);
    if (search->count == DNS_RECORDS_MAX)
        return true;
    if (search->records == NULL)
        search->records = arena_alloc_zero(search->arena, DNS_RECORDS_MAX, sizeof *search->records);
    return resource_read_data(packet, resource, search->arena, &search->records[search->count++]);
}

static bool search_follow(
    struct search *search, const struct reader *packet, const struct resource *alias)
{
    struct reader data = reader_of_data(packet, alias);

    search->name = read_name(&data);
    search->alias_count++;
    search_lower_ttl(search, alias->ttl_s);
    return !data.is_bad && data.at == data.len && search->alias_count <= PACKET_ALIASES_MAX;
}

/*
 * Goes once over the answer section for records of the name now wanted. *followed_r: an alias was
 * found instead, and its target is wanted next. False: the packet is bad.
 */
static bool search_once(struct search *search, bool *followed_r)
{
    struct reader reader = search->answers;
    struct resource alias = {.data = 0};

    for (size_t i = 0; i < search->answer_count; i++) {
        struct resource resource = read_resource(&reader);

        if (reader.is_bad)
            return false;
        if (resource.class != CLASS_IN || !wire_name_equals(&resource.owner, &search->name))
            continue;
        if (resource.type == search->type) {
            if (!search_add(search, &reader, &resource))
                return false;
        } else if (resource.type == DNS_CNAME && alias.data == 0) {
            alias = resource;
        }
    }
    *followed_r = search->count == 0 && alias.data != 0;
    return !*followed_r || search_follow(search, &reader, &alias);
}

/*
 * True where all that stands in the answer section is the aliases that were followed, and what
 * belongs to them. A section that holds other names or other types answers another question.
 */
static bool search_explains_all(const struct search *search)
{
    struct reader reader = search->answers;
    size_t alias_count = 0;

    for (size_t i = 0; i < search->answer_count; i++) {
        struct resource resource = read_resource(&reader);

        if (resource.type == DNS_CNAME)
            alias_count++;
        else if (resource.type != TYPE_DNAME && resource.type != TYPE_RRSIG)
            return false;
    }
    return alias_count == search->alias_count;
}

/* The TTL of "there is none", from the SOA of a zone around the name (RFC 2308 §3, §5). */
static void search_negative_ttl(
    struct search *search, struct reader authority, size_t authority_count)
{
    for (size_t i = 0; i < authority_count; i++) {
        struct resource resource = read_resource(&authority);
        struct reader data;

        if (authority.is_bad)
            break;
        if (resource.type != DNS_SOA || !wire_name_is_within(&search->name, &resource.owner))
            continue;
        data = reader_of_data(&authority, &resource);
        read_name(&data);
        read_name(&data);
        data.at += reader_has(&data, 16) ? 16 : 0; /* serial, refresh, retry, expire */
        search_lower_ttl(search, resource.ttl_s);
        search_lower_ttl(search, read_ttl(&data));
        if (!data.is_bad)
            return;
    }
    search->ttl_s = 0;
}

/* Moves the reader behind the answer section. */
static struct reader behind_answers(const struct search *search)
{
    struct reader reader = search->answers;

    for (size_t i = 0; i < search->answer_count; i++)
        read_resource(&reader);
    return reader;
}

static const struct dns_answer *search_conclude(
    struct search *search, unsigned rcode, size_t authority_count, bool secure)
{
    struct dns_answer *answer = arena_alloc_zero(search->arena, 1, sizeof *answer);

    if (search->count != 0 && rcode != RCODE_NO_ERROR)
        return &temporary;
    if (search->count == 0 && !search_explains_all(search))
        return &temporary;
    if (search->count != 0)
        answer->status = DNS_FOUND;
    else
        answer->status = rcode == RCODE_NO_NAME ? DNS_NO_NAME : DNS_NO_DATA;
    if (search->count == 0)
        search_negative_ttl(search, behind_answers(search), authority_count);
    answer->ttl_s = search->ttl_s;
    answer->secure = secure;
    answer->count = search->count;
    answer->records = search->records;
    return answer;
}

/* The question section must be ours, word for word (§4.1.2); what is not there is 0. */
static bool read_question(struct reader *reader, size_t count, const struct search *search)
{
    struct wire_name name = read_name(reader);
    uint16_t type = read_u16(reader);
    uint16_t class = read_u16(reader);

    return count == 1 && type == search->type && class == CLASS_IN &&
           wire_name_equals(&name, &search->name);
}

const struct dns_answer *packet_read(const uint8_t *packet, size_t len,
    const struct dns_question *question, bool secure, struct arena *arena)
{
    struct reader reader = {.bytes = packet, .len = len};
    struct search search = {.type = question->type, .ttl_s = UINT32_MAX, .arena = arena};
    unsigned flags, rcode;
    size_t question_count, authority_count;
    bool followed = true;

    if (!wire_name_from_text(question->name, &search.name))
        return &temporary;
    read_u16(&reader); /* the id is the business of whoever received it */
    flags = read_u16(&reader);
    question_count = read_u16(&reader);
    search.answer_count = read_u16(&reader);
    authority_count = read_u16(&reader);
    read_u16(&reader); /* additional records */
    rcode = flags & MASK_RCODE;
    if ((flags & (FLAG_RESPONSE | FLAG_TRUNCATED | MASK_OPCODE)) != FLAG_RESPONSE ||
        (rcode != RCODE_NO_ERROR && rcode != RCODE_NO_NAME) ||
        !read_question(&reader, question_count, &search))
        return &temporary;
    search.answers = reader;
    while (followed)
        if (!search_once(&search, &followed))
            return &temporary;
    return search_conclude(&search, rcode, authority_count, secure);
}
