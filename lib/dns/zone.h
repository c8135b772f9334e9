/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The text of a zone file: a whole zone with SOA and NS records that a name server loads as it
 * is, or the records alone, to be put into a zone that somebody else keeps.
 *
 *     struct zone zone = {.origin = TEXT("example.org"), .name_servers = &ns, ...};
 *     err = zone_format(&zone, &out, &failure);
 *
 * Plain values that the caller owns; pure functions, any thread.
 */

#include "lib/base/error.h"
#include "lib/dns/zone-record.h"

/* What zone_format() takes for the times left at 0, in seconds (RFC 1912 §2.2). */
#define ZONE_TTL_S 3600
#define ZONE_REFRESH_S 14400
#define ZONE_RETRY_S 3600
#define ZONE_EXPIRE_S 1209600
#define ZONE_NEGATIVE_TTL_S 300

struct zone {
    struct text origin;              /* the name of the zone */
    const struct text *name_servers; /* at least one; the first is the primary of the SOA */
    size_t name_server_count;
    struct text contact; /* "hostmaster@example.org"; empty: hostmaster@ the zone */
    uint32_t serial;     /* seconds since the epoch will do: it only has to grow (RFC 1982) */
    uint32_t ttl_s, refresh_s, retry_s, expire_s, negative_ttl_s;
    const struct zone_record *records; /* without SOA and without the NS records of the zone */
    size_t record_count;
};

/*
 * Appends the whole zone, names relative to its origin. Nothing is appended on failure:
 * ERR_SYNTAX: a name, the contact or the type is none. ERR_RANGE: a record outside the zone.
 * ERR_LIMIT: a TXT that no record holds. ERR_REFUSED: what name servers refuse to load: a name
 * server or mail host inside the zone without an address, or a CNAME beside other records.
 */
enum err zone_format(const struct zone *zone, struct buffer *out, struct failure *failure);

/* Appends the records alone, owners with final dot, so that they fit into any zone file. */
enum err zone_fragment_format(
    const struct zone_record *records, size_t count, struct buffer *out, struct failure *failure);
