/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One record as it is published: from its values to the text of a zone file (RFC 1035 §5). What
 * the records of a mail domain are is composed elsewhere; here they are written down right.
 *
 * A zone_record is a plain value; its texts belong to whoever made it (the arena given). Names
 * are absolute and normalized (dns/name.h) without the final dot; an owner may begin with a "*"
 * label. Pure functions, any thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/ip.h"
#include "lib/base/text.h"

/* What the length byte of a string of a TXT record counts (RFC 1035 §3.3.14). */
#define ZONE_STRING_MAX 255
/* 255 full strings and one of 254 bytes fill the 65,535 bytes of a record. */
#define ZONE_TXT_MAX_BYTES (255 * ZONE_STRING_MAX + 254)

struct zone_record {
    struct text owner;
    uint32_t ttl_s;   /* 0: the zone's own */
    const char *type; /* the type's word, "MX" */
    /* TXT: the payload, any bytes, not split. Others: as in a zone file, names with final dot. */
    struct text data;
};

/* The payload is kept, not copied. */
struct zone_record zone_record_txt(struct text owner, uint32_t ttl_s, struct text payload);
/* A host that is empty is the null MX "0 ." (RFC 7505). */
struct zone_record zone_record_mx(
    struct text owner, uint32_t ttl_s, uint16_t preference, struct text host, struct arena *arena);
/* A or AAAA. ip is not IP_NONE. */
struct zone_record zone_record_address(
    struct text owner, uint32_t ttl_s, const struct ip *ip, struct arena *arena);
/* A record whose data is one name: type "CNAME", "NS" or "PTR". */
struct zone_record zone_record_name(
    struct text owner, uint32_t ttl_s, const char *type, struct text target, struct arena *arena);

/* A service's place (RFC 2782). A target that is empty says that it is not offered: "0 0 0 .". */
struct zone_record zone_record_srv(struct text owner, uint32_t ttl_s, uint16_t priority,
    uint16_t weight, uint16_t port, struct text target, struct arena *arena);
/* "3 1 1 DIGEST": the certificate's public key itself, by SHA-256 (RFC 7672 §3.1.1). */
struct zone_record zone_record_tlsa(
    struct text owner, uint32_t ttl_s, const unsigned char digest[32], struct arena *arena);
/* Who may issue certificates (RFC 8659). tag is a word like "issue". */
struct zone_record zone_record_caa(struct text owner, uint32_t ttl_s, unsigned flags,
    const char *tag, struct text value, struct arena *arena);

/*
 * Appends a name as zone files write it: "@" for origin itself, relative below it, else (and
 * where origin is empty) absolute with the final dot; bytes that mean something there as \DDD.
 */
void zone_name_format(struct text name, struct text origin, struct buffer *out);
/*
 * Appends payload as quoted strings of at most ZONE_STRING_MAX bytes with separator between
 * them; quotes and backslashes escaped, what is not printable ASCII as \DDD. No payload is "".
 */
void zone_strings_format(struct text payload, const char *separator, struct buffer *out);

/* Appends it as one quoted string, of whatever length. */
void zone_string_format(struct text string, struct buffer *out);
/* Appends what a quoted string says. False, and nothing is appended, where it is none. */
bool zone_string_parse(struct text quoted, struct buffer *out);

/* Appends the data alone, on one line: for tables and JSON. */
void zone_record_format_data(const struct zone_record *record, struct buffer *out);
/*
 * Appends the record's line; a TXT of several strings goes over several lines in parentheses.
 * The owner is written relative to origin, which may be empty.
 */
void zone_record_format(const struct zone_record *record, struct text origin, struct buffer *out);
