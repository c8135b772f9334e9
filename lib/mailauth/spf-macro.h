/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SPF macro strings (RFC 7208 §7): checked when a record is read, expanded when a term is
 * evaluated. Pure functions, any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/base/text.h"

/* An expansion longer than this is no name and no sentence. */
#define SPF_EXPANSION_MAX ((size_t)8192)
/* Parts that a value is split into; what lies behind the last stays one part. */
#define SPF_MACRO_PARTS_MAX 256

/* What the letters stand for (§7.2). */
struct spf_macro_values {
    struct text local_part;    /* l */
    struct text sender_domain; /* o; s is l@o */
    struct text domain;        /* d: of the record at hand */
    struct ip client;          /* i, c, v */
    struct text validated;     /* p: the client's validated name; only where spf_macro_uses() it */
    struct text helo;          /* h */
    struct text receiver;      /* r */
    int64_t now;               /* t */
};

/* True for a domain-spec (§7.1): a macro string that ends in a macro or in a plausible label. */
bool spf_macro_is_domain_spec(struct text text);
/* True for a macro-string as the value of an unknown modifier (§6). */
bool spf_macro_is_string(struct text text);
/* True for an explain-string (§6.2), where blanks and the letters c, r and t are permitted. */
bool spf_macro_is_explanation(struct text text);
/* True where the (valid) string has a macro of that letter, given in lower case. */
bool spf_macro_uses(struct text text, char letter);

/*
 * Expands a valid string. False where the result would pass SPF_EXPANSION_MAX: nothing is written
 * then.
 */
bool spf_macro_expand(struct text text, const struct spf_macro_values *values, struct arena *arena,
    struct text *expanded_r);
/*
 * The same for a domain-spec: without a final dot, and shortened from the left to a name's
 * greatest length (§7.3). An expansion that passes all bounds becomes the empty text.
 */
struct text spf_macro_expand_domain(
    struct text text, const struct spf_macro_values *values, struct arena *arena);
