/* SPDX-License-Identifier: MIT */
#include "lib/dns/packet.h"

#include "lib/dns/rdata.h"

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

/* The search for the answer: whose records are wanted now, and what was found. */
struct search {
    struct wire_reader answers; /* at the first record of the answer section */
    size_t answer_count;
    enum dns_type type;
    struct wire_name name; /* the question's, later an alias's target */
    size_t alias_count;
    uint32_t ttl_s;
    struct dns_record *records;
    size_t count;
    struct arena *arena;
};

static void search_lower_ttl(struct search *search, uint32_t ttl_s)
{
    if (ttl_s < search->ttl_s)
        search->ttl_s = ttl_s;
}

static bool search_add(
    struct search *search, const struct wire_reader *packet, const struct wire_resource *resource)
{
    search_lower_ttl(search, resource->ttl_s);
    if (search->count == DNS_RECORDS_MAX)
        return true;
    if (search->records == NULL)
        search->records = arena_alloc_zero(search->arena, DNS_RECORDS_MAX, sizeof *search->records);
    return rdata_read(packet, resource, search->arena, &search->records[search->count++]);
}

static bool search_follow(
    struct search *search, const struct wire_reader *packet, const struct wire_resource *alias)
{
    struct wire_reader data = wire_reader_of_data(packet, alias);

    search->name = wire_reader_name(&data);
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
    struct wire_reader reader = search->answers;
    struct wire_resource alias = {.data = 0};

    for (size_t i = 0; i < search->answer_count; i++) {
        struct wire_resource resource = wire_reader_resource(&reader);

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
    struct wire_reader reader = search->answers;
    size_t alias_count = 0;

    for (size_t i = 0; i < search->answer_count; i++) {
        struct wire_resource resource = wire_reader_resource(&reader);

        if (resource.type == DNS_CNAME)
            alias_count++;
        else if (resource.type != TYPE_DNAME && resource.type != TYPE_RRSIG)
            return false;
    }
    return alias_count == search->alias_count;
}

/* The TTL of "there is none", from the SOA of a zone around the name (RFC 2308 §3, §5). */
static void search_negative_ttl(
    struct search *search, struct wire_reader authority, size_t authority_count)
{
    for (size_t i = 0; i < authority_count; i++) {
        struct wire_resource resource = wire_reader_resource(&authority);
        struct wire_reader data;

        if (authority.is_bad)
            break;
        if (resource.type != DNS_SOA || !wire_name_is_within(&search->name, &resource.owner))
            continue;
        data = wire_reader_of_data(&authority, &resource);
        wire_reader_name(&data);
        wire_reader_name(&data);
        data.at += wire_reader_has(&data, 16) ? 16 : 0; /* serial, refresh, retry, expire */
        search_lower_ttl(search, resource.ttl_s);
        search_lower_ttl(search, wire_reader_ttl(&data));
        if (!data.is_bad)
            return;
    }
    search->ttl_s = 0;
}

/* Moves the reader behind the answer section. */
static struct wire_reader behind_answers(const struct search *search)
{
    struct wire_reader reader = search->answers;

    for (size_t i = 0; i < search->answer_count; i++)
        wire_reader_resource(&reader);
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
static bool read_question(struct wire_reader *reader, size_t count, const struct search *search)
{
    struct wire_name name = wire_reader_name(reader);
    uint16_t type = wire_reader_u16(reader);
    uint16_t class = wire_reader_u16(reader);

    return count == 1 && type == search->type && class == CLASS_IN &&
           wire_name_equals(&name, &search->name);
}

const struct dns_answer *packet_read(const uint8_t *packet, size_t len,
    const struct dns_question *question, bool secure, struct arena *arena)
{
    struct wire_reader reader = {.bytes = packet, .len = len};
    struct search search = {.type = question->type, .ttl_s = UINT32_MAX, .arena = arena};
    unsigned flags, rcode;
    size_t question_count, authority_count;
    bool followed = true;

    if (!wire_name_from_text(question->name, &search.name))
        return &temporary;
    wire_reader_u16(&reader); /* the id is the business of whoever received it */
    flags = wire_reader_u16(&reader);
    question_count = wire_reader_u16(&reader);
    search.answer_count = wire_reader_u16(&reader);
    authority_count = wire_reader_u16(&reader);
    wire_reader_u16(&reader); /* additional records */
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
