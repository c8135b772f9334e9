/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Header fields and the addresses in them (RFC 5322). Pure parsers over text; what they return
 * points into the input or lives in the arena given. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

/* One field as it stands in the message. */
struct header_field {
    struct text name;  /* before the colon, blanks behind it removed */
    struct text value; /* all behind the colon: leading blanks and folding (CRLF) kept, no CRLF
                          at the end */
    struct text raw;   /* the whole field as received, without its final CRLF: what "simple"
                          canonicalization needs */
};

/* True for a field name of RFC 5322 §2.2: printable ASCII without colon and blank. */
bool header_name_is_valid(struct text name);

/*
 * Makes a field of what a milter hands over, name and value, line ends in the value LF or CRLF
 * (they become CRLF). The colon is put between them; value keeps its leading blank.
 */
struct header_field header_field_make(struct text name, struct text value, struct arena *arena);

#define HEADER_ADDRESSES_MAX 64

struct header_address {
    struct text local_part; /* unquoted */
    struct text domain;     /* as written, comments and blanks removed; may be a U-label */
};

enum header_addresses {
    HEADER_ADDRESSES_OK,
    HEADER_ADDRESSES_BAD, /* not an address list of RFC 5322, or more than the maximum */
};

/*
 * Mailbox addresses of an address-list field: comments, quoted strings, groups, folding, the
 * obsolete forms, display names with encoded words and raw UTF-8 are understood. Route addresses
 * lose their route. The array lives in arena.
 */
enum header_addresses header_parse_addresses(struct text value, struct arena *arena,
    const struct header_address **addresses_r, size_t *count_r);

/*
 * What a malformed field still shows of addresses: what stands behind each "@", wherever it is,
 * read as a domain as far as that goes; as written, and perhaps no name at all. False where there
 * are more than HEADER_ADDRESSES_MAX: the first ones are given.
 */
bool header_salvage_domains(
    struct text value, struct arena *arena, const struct text **domains_r, size_t *count_r);

/* The field value unfolded and trimmed, for people and logs. */
struct text header_unfold(struct text value, struct arena *arena);
