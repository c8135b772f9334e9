/* SPDX-License-Identifier: MIT */
#include "lib/dns/answer.h"

static const struct {
    enum dns_type type;
    const char *name;
} types[] = {
    {DNS_A,      "A"     },
    {DNS_NS,     "NS"    },
    {DNS_CNAME,  "CNAME" },
    {DNS_SOA,    "SOA"   },
    {DNS_PTR,    "PTR"   },
    {DNS_MX,     "MX"    },
    {DNS_TXT,    "TXT"   },
    {DNS_AAAA,   "AAAA"  },
    {DNS_SRV,    "SRV"   },
    {DNS_DS,     "DS"    },
    {DNS_DNSKEY, "DNSKEY"},
    {DNS_TLSA,   "TLSA"  },
    {DNS_CAA,    "CAA"   },
};

const char *dns_type_name(enum dns_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].name;
    return "unknown";
}

bool dns_type_parse(struct text name, enum dns_type *type_r)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_equals_nocase(name, text_from_string(types[i].name))) {
            *type_r = types[i].type;
            return true;
        }
    return false;
}

const char *dns_status_text(enum dns_status status)
{
    switch (status) {
    case DNS_FOUND:
        return "found";
    case DNS_NO_DATA:
        return "no data";
    case DNS_NO_NAME:
        return "no name";
    case DNS_TEMPORARY:
        break;
    }
    return "temporary failure";
}

size_t dns_answer_bytes(const struct dns_answer *answer)
{
    size_t bytes = answer->count * sizeof *answer->records;

    for (size_t i = 0; i < answer->count; i++)
        bytes += answer->records[i].text.len;
    return bytes;
}

const struct dns_answer *dns_answer_copy(const struct dns_answer *answer, struct arena *arena)
{
    struct dns_answer *copy = arena_alloc(arena, sizeof *copy);
    struct dns_record *records = arena_alloc_zero(arena, answer->count, sizeof *records);

    for (size_t i = 0; i < answer->count; i++) {
        records[i] = answer->records[i];
        records[i].text = arena_copy(arena, answer->records[i].text);
    }
    *copy = *answer;
    copy->records = records;
    return copy;
}
