/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The value of a DKIM-Signature field, read into its parts (RFC 6376 §3.5), or of the two fields of
 * ARC that are made like it (RFC 8617 §4.1). Pure parser; texts live in the arena given or point
 * into the value. Any thread.
 */

#include "lib/mailauth/canon.h"
#include "lib/mailauth/key.h"

#define SIGNATURE_NO_TIME (-1)
#define SIGNATURE_INSTANCE_MAX 50 /* RFC 8617 §4.2.1 */

enum signature_kind {
    SIGNATURE_DKIM,
    SIGNATURE_ARC_MESSAGE, /* ARC-Message-Signature: i= is the instance, From need not be signed,
                              without c= both are relaxed, as everybody has it */
    SIGNATURE_ARC_SEAL     /* ARC-Seal: no body, no h=, relaxed */
};

/* cv= of a seal: what the sealer thought of the chain before it. */
enum signature_chain { SIGNATURE_CHAIN_NONE, SIGNATURE_CHAIN_PASS, SIGNATURE_CHAIN_FAIL };

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
    unsigned instance; /* i= of ARC; 0 where it could not be read */
    enum signature_chain chain;
};

/*
 * NULL where the field is good in itself, else the reason why not, in a few words. What could be
 * read is in *field in both cases, for logs and results.
 */
const char *signature_field_parse(enum signature_kind kind, struct text value, struct arena *arena,
    struct signature_field *field);

/* position (RFC 8617 §3.9): one or two digits, 1 to 50. */
bool signature_instance_parse(struct text text, unsigned *instance_r);
