/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SPF (RFC 7208) as a pure function of the client, the identity and the answers known so far.
 * Re-reading records costs microseconds, so each call starts over; where an answer is missing,
 * the evaluation notes it and goes on over the remaining terms to note theirs too, within the
 * limits, so that one wave fetches them all. Any thread; everything lives in the arena given.
 */

#include "lib/base/ip.h"
#include "lib/dns/answers.h"
#include "lib/mailauth/result.h"

#define SPF_LOOKUP_TERMS_MAX 10 /* §4.6.4 */
#define SPF_VOID_LOOKUPS_MAX 2  /* §4.6.4 */
#define SPF_MX_NAMES_MAX 10     /* §4.6.4 */
#define SPF_PTR_NAMES_MAX 10    /* §4.6.4 */
#define SPF_RECORD_MAX_BYTES 8192
#define SPF_EXPLANATION_MAX 512

struct spf_query {
    struct ip client;
    struct text helo;     /* name given in HELO or EHLO, may be anything */
    struct text sender;   /* reverse-path without <>; empty: postmaster@helo (§2.4) */
    struct text receiver; /* for %{r} in explanations; empty: "unknown" */
    int64_t now;          /* for %{t} */
};

struct spf_verdict {
    enum auth_result result;
    struct text domain;      /* whose record decided: the identity's domain, normalized */
    struct text mechanism;   /* the term that matched, as in the record; empty: none (default) */
    struct text explanation; /* exp= of a fail, macro-expanded, printable ASCII; or empty */
    const char *problem;     /* for none, permerror and temperror: why; else NULL */
    unsigned lookup_terms;   /* counted against the limit of 10 */
    unsigned void_lookups;
};

/* MAIL FROM identity (§2.4), or HELO identity (§2.3) with sender empty. */
enum auth_progress spf_check(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r);

/* An SPF engine: ours, or another one asked for a second opinion. */
struct spf_engine {
    const char *name;
    enum auth_progress (*check)(const struct spf_query *query, struct answers *answers,
        struct arena *arena, struct spf_verdict *verdict_r);
};
extern const struct spf_engine spf_engine_own;
