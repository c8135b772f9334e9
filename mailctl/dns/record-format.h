/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The records of a domain, written in the language of whoever takes them. A format is a row here
 * and a function in a file of its own, format-*.c. Each writes what belongs to the domain's zone;
 * what lies elsewhere (the mail host of another domain, an address's name) it leaves out, and
 * record_format_is_inside() tells. Pure functions.
 */

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "mailctl/domain-records.h"

/* Where the records have no TTL of their own and the format wants one. */
#define RECORD_FORMAT_TTL_S 3600

struct record_format {
    const char *word; /* "nsupdate" */
    /*
     * Appends. Nothing is appended on failure: ERR_UNSUPPORTED where the format has no way to say
     * a record, else as zone_fragment_format().
     */
    enum err (*write)(struct text zone, const struct domain_records *records, struct buffer *out,
        struct failure *failure);
};

extern const struct record_format record_format_zone, record_format_json, record_format_nsupdate,
    record_format_cloudflare, record_format_terraform, record_format_octodns;

/* NULL where there is none of that name. */
const struct record_format *record_format_find(const char *word);
bool record_format_is_inside(struct text zone, const struct zone_record *record);

/* --- for the formats --- */

/* The owner without the zone: empty for the zone itself. */
struct text record_format_relative(struct text zone, struct text owner);
/* The record's TTL, or RECORD_FORMAT_TTL_S. */
uint32_t record_format_ttl(const struct zone_record *record);

#define RECORD_FORMAT_WORDS_MAX 4
/*
 * The data of a MX, SRV, TLSA or CAA record in its words; the last takes the rest. Returns how
 * many there are.
 */
size_t record_format_words(
    const struct zone_record *record, struct text words_r[RECORD_FORMAT_WORDS_MAX]);
/* The bytes between the quotes of a CAA's value, in the arena. */
struct text record_format_unquoted(struct text quoted, struct arena *arena);
bool record_format_is_type(const struct zone_record *record, const char *type);

/* The records of one owner and one type. */
struct record_group {
    struct text owner;
    const char *type;
    const struct zone_record *const *records;
    size_t count;
};
/*
 * The groups of what lies inside the zone, in the arena: in the order of the records, or, sorted,
 * by their owners as octoDNS wants it (numbers in names count as numbers), then by type.
 */
size_t record_format_groups(struct text zone, const struct domain_records *records, bool sorted,
    struct arena *arena, const struct record_group **groups_r);
