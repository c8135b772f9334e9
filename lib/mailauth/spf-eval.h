/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check_host() (RFC 7208 §4): the evaluation of records behind spf_check(). One evaluation is one
 * pass over the answers known so far; it lives on the caller's stack, for one call.
 *
 * A term whose answer is missing is "waiting": it may turn out to match or not. The pass goes on
 * over the terms behind it to note their names too, and what it finds there counts for nothing
 * but stopping: behind a certain match, or over a limit, there is nothing more to note.
 */

#include "lib/dns/answers.h"
#include "lib/mailauth/spf-macro.h"
#include "lib/mailauth/spf-record.h"
#include "lib/mailauth/spf.h"

struct spf_evaluation {
    struct answers *answers;
    struct arena *arena;
    struct spf_macro_values values; /* domain is set for each record; validated on demand */
    bool local_part_is_ascii;
    unsigned lookup_terms, void_lookups;
};

/* What one term, or one lookup for it, came to. */
enum spf_step {
    SPF_STEP_NO_MATCH,
    SPF_STEP_MATCH,
    SPF_STEP_WAITING,
    SPF_STEP_TEMPERROR,
    SPF_STEP_PERMERROR
};

/* What check_host() came to. The rest counts only where it is not waiting. */
struct spf_finding {
    bool is_waiting;
    enum auth_result result;
    struct text mechanism;   /* raw term that matched; empty: none */
    struct text domain;      /* whose record decided */
    struct text explanation; /* domain-spec of that record's exp=; empty: none */
    const char *problem;
};

struct spf_finding spf_eval_check_host(struct spf_evaluation *evaluation, struct text domain);

/*
 * RFC 8616 §4: a term whose domain-spec includes %{s} or %{l} matches nothing where the local part
 * is not all ASCII; not by that part of it which is, either.
 */
bool spf_eval_is_unmatchable(const struct spf_evaluation *evaluation, struct text spec);
/*
 * The text of a domain-spec's target-name (§4.8) in *name_r; an empty spec is the domain at hand,
 * one that is unmatchable becomes no name.
 * False where its %{p} is waiting.
 */
bool spf_eval_target(struct spf_evaluation *evaluation, struct text spec, struct text *name_r);
/* Sees to it that %{p} has its value where the string uses it. False: waiting. */
bool spf_eval_prepare_macros(struct spf_evaluation *evaluation, struct text string);
/* False for a name that the DNS cannot hold, or that no resolver would take as it is. */
bool spf_eval_is_askable(struct text name);
/* A question as terms ask it: what is not askable does not exist. NULL: waiting. */
const struct dns_answer *spf_eval_ask(
    struct spf_evaluation *evaluation, struct text name, enum dns_type type);

/* A for an IPv4 client, AAAA for an IPv6 one. */
enum dns_type spf_eval_address_type(const struct spf_evaluation *evaluation);
/* True where one of the addresses lies in the client's network of that many bits. */
bool spf_eval_has_client(
    const struct spf_evaluation *evaluation, const struct dns_answer *answer, unsigned prefix_bits);
