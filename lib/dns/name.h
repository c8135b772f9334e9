/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Domain names as text. A normalized name has lower-case ASCII letters and no dot at its end;
 * U-labels have become A-labels. Pure functions, any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/base/text.h"

#define DNS_NAME_MAX 253 /* without the final dot */
#define DNS_LABEL_MAX 63

/*
 * True for labels of 1 to 63 bytes of letters, digits, hyphens (not at either end) and
 * underscores, at most DNS_NAME_MAX in all, without a final dot. One label is enough.
 */
bool dns_name_is_valid(struct text name);
/*
 * Weaker: labels of 1 to 63 bytes of any kind, at most DNS_NAME_MAX in all. Such a name can be
 * asked for; the macros of SPF make names of what senders write (RFC 7208 §7).
 */
bool dns_name_fits(struct text name);
/* Valid, at least two labels, no underscore, last label not all digits: a mail domain. */
bool dns_name_is_domain(struct text name);

/*
 * Lower case, one final dot removed, U-labels to A-labels (IDNA 2008, libidn2). False where that
 * leaves no valid name.
 */
bool dns_name_normalize(struct text name, struct arena *arena, struct text *name_r);

/*
 * The other way round, for people: the name with its A-labels as U-labels, in UTF-8. False where it
 * has none, or one that is no encoding of anything, or where what comes out would not lead back.
 */
bool dns_name_to_unicode(struct text name, struct arena *arena, struct text *unicode_r);

size_t dns_name_label_count(struct text name);
/* The last count labels; the whole name where it has fewer. */
struct text dns_name_last_labels(struct text name, size_t count);
/* Without its first label; empty where there is one only. */
struct text dns_name_parent(struct text name);
/* True where name is domain itself or below it. Without regard to case. */
bool dns_name_is_within(struct text name, struct text domain);
/* "1.2.0.192.in-addr.arpa" or the nibbles under ip6.arpa. ip is not IP_NONE. */
struct text dns_name_reverse(const struct ip *ip, struct arena *arena);
