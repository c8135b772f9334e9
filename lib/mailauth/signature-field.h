/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The value of a DKIM-Signature field, read into its parts (RFC 6376 §3.5). Pure parser; texts
 * live in the arena given or point into the value. Any thread.
 */

#include "lib/mailauth/canon.h"
#include "lib/mailauth/key.h"

#define SIGNATURE_NO_TIME (-1)

struct signature_field {
    struct text algorithm_word; /* a= as written, lower case */
    enum key_algorithm algorithm;
    struct text domain;   /* d=, normalized */
    struct text selector; /* s=, normalized */
    struct text identity; /* i=, its domain normalized; or "@" d= */
    struct text identity_domain;
    struct text b_head; /* the first 8 characters of b= */
    enum canon header_canon, body_canon;
    uint64_t body_limit;         /* l=, or MESSAGE_BODY_ALL */
    int64_t made_at, expires_at; /* t=, x=, or SIGNATURE_NO_TIME */
    const struct text *names;    /* h= */
    size_t name_count;
    const unsigned char *signature;
    size_t signature_len;
    unsigned char body_hash[32];
};

/*
 * NULL where the field is good in itself, else the reason why not, in a few words. What could be
 * read is in *field in both cases, for logs and results.
 */
const char *signature_field_parse(
    struct text value, struct arena *arena, struct signature_field *field);
