/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SPF records (RFC 7208 §4.5-4.6, 5, 6, 12): text to terms. A record is read whole before any of
 * it is evaluated, since a syntax error anywhere spoils all of it. A pure parser: what it returns
 * points into the text or lives in the arena given. Any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/mailauth/result.h"

/* A longer record could hold more, but none that ten lookups and some networks need. */
#define SPF_RECORD_TERMS_MAX 1024

enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

/* One directive: a qualifier and a mechanism. */
struct spf_term {
    struct text raw; /* as it stands in the record */
    enum spf_mechanism mechanism;
    enum auth_result result;   /* when it matches: pass, fail, softfail or neutral */
    struct text target;        /* domain-spec, not yet expanded; empty: the domain at hand */
    struct ip_network network; /* ip4, ip6 */
    unsigned prefix_v4_bits, prefix_v6_bits; /* a, mx */
};

struct spf_record {
    const struct spf_term *terms;
    size_t count;
    struct text redirect;    /* domain-spec; empty: none */
    struct text explanation; /* domain-spec of exp=; empty: none */
};

/* True where a TXT record claims to be SPF (§4.5): "v=spf1", then a blank or the end. */
bool spf_record_is_spf(struct text text);

/*
 * Parses a record that spf_record_is_spf(). False where it is malformed; *problem_r, a constant
 * sentence, says why, and *record_r is untouched.
 */
bool spf_record_parse(
    struct text text, struct arena *arena, struct spf_record *record_r, const char **problem_r);
