/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Questions and answers of the DNS as the engine sees them: already parsed, aliases followed.
 * An answer is immutable once made; who made it says who owns it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/base/text.h"

/* The values are those of the protocol (RFC 1035 §3.2.2, RFC 3596, 2782, 4034, 6698, 8659). */
enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_DS = 43,
    DNS_DNSKEY = 48,
    DNS_TLSA = 52,
    DNS_CAA = 257
};

/* "TXT"; "TYPE123" is not made: only the types above are asked for. */
const char *dns_type_name(enum dns_type type);
/* From "txt" or "TXT". False where it is none of the types above. */
bool dns_type_parse(struct text name, enum dns_type *type_r);

enum dns_status {
    DNS_FOUND,     /* at least one record of the type */
    DNS_NO_DATA,   /* the name exists, or seems to, but has no record of the type */
    DNS_NO_NAME,   /* NXDOMAIN: neither the name nor anything below it exists (RFC 8020) */
    DNS_TEMPORARY, /* no answer, SERVFAIL, REFUSED, a lie: ask again later */
};

struct dns_question {
    struct text name; /* normalized */
    enum dns_type type;
};

/*
 * A name in a record is in lower case without the final dot; the root, as in a null MX (RFC
 * 7505), is the empty text. What no host name has (a dot inside a label, a control byte) is
 * written \DDD.
 */
struct dns_record {
    struct ip ip; /* A, AAAA */
    /*
     * TXT: strings joined without separator. MX, PTR, NS, CNAME, SOA (its primary): a name. SRV,
     * DS, DNSKEY, TLSA, CAA: as in a zone file, a name with its final dot.
     */
    struct text text;
    uint16_t preference; /* MX */
};

/* More records than this in one answer are cut off: no honest mail domain has them. */
#define DNS_RECORDS_MAX 256
#define DNS_TXT_MAX_BYTES 65535

struct dns_answer {
    enum dns_status status;
    uint32_t ttl_s; /* the smallest of the records', or of the negative answer's SOA */
    bool secure;    /* validated by DNSSEC */
    size_t count;
    const struct dns_record *records;
};

/* "found", "no data", "no name", "temporary failure": for people. */
const char *dns_status_text(enum dns_status status);

/* What its records and their texts take. */
size_t dns_answer_bytes(const struct dns_answer *answer);
/* A deep copy into arena. */
const struct dns_answer *dns_answer_copy(const struct dns_answer *answer, struct arena *arena);
