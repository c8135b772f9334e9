/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/spf-mechanism.h"

#include "lib/mailauth/spf-ptr.h"

/*
 * The outcome of a term's own question, and its count against the limit of void lookups (§4.6.4).
 * A name that nobody can ask for matches nothing, and no lookup is no void one.
 */
static enum spf_step ask_for(struct spf_evaluation *evaluation, struct text target,
    enum dns_type type, const struct dns_answer **answer_r)
{
    if (!spf_eval_is_askable(target))
        return SPF_STEP_NO_MATCH;
    *answer_r = spf_eval_ask(evaluation, target, type);
    if (*answer_r == NULL)
        return SPF_STEP_WAITING;
    switch ((*answer_r)->status) {
    case DNS_FOUND:
        return SPF_STEP_MATCH;
    case DNS_TEMPORARY:
        return SPF_STEP_TEMPERROR;
    case DNS_NO_DATA:
    case DNS_NO_NAME:
        evaluation->void_lookups++;
        return SPF_STEP_NO_MATCH;
    }
    return SPF_STEP_TEMPERROR;
}

static unsigned term_prefix(const struct spf_evaluation *evaluation, const struct spf_term *term)
{
    return evaluation->values.client.family == IP_V6 ? term->prefix_v6_bits : term->prefix_v4_bits;
}

/* a (§5.3) */
static enum spf_step match_a(
    struct spf_evaluation *evaluation, const struct spf_term *term, struct text target)
{
    const struct dns_answer *answer;
    enum spf_step step = ask_for(evaluation, target, spf_eval_address_type(evaluation), &answer);

    if (step != SPF_STEP_MATCH)
        return step;
    return spf_eval_has_client(evaluation, answer, term_prefix(evaluation, term))
               ? SPF_STEP_MATCH
               : SPF_STEP_NO_MATCH;
}

/*
 * The addresses of the exchanges, in no particular order since the DNS gives none: a match
 * anywhere is a match, and only without one does it matter what is missing or failed.
 */
static enum spf_step match_exchanges(struct spf_evaluation *evaluation, const struct spf_term *term,
    const struct dns_answer *exchanges)
{
    enum spf_step step = SPF_STEP_NO_MATCH;
    bool is_match = false;

    for (size_t i = 0; i < exchanges->count; i++) {
        const struct dns_answer *answer =
            spf_eval_ask(evaluation, exchanges->records[i].text, spf_eval_address_type(evaluation));

        if (answer == NULL)
            step = SPF_STEP_WAITING;
        else if (answer->status == DNS_TEMPORARY && step == SPF_STEP_NO_MATCH)
            step = SPF_STEP_TEMPERROR;
        else if (spf_eval_has_client(evaluation, answer, term_prefix(evaluation, term)))
            is_match = true;
    }
    return is_match ? SPF_STEP_MATCH : step;
}

/* mx (§5.4) */
static enum spf_step match_mx(
    struct spf_evaluation *evaluation, const struct spf_term *term, struct text target)
{
    const struct dns_answer *answer;
    enum spf_step step = ask_for(evaluation, target, DNS_MX, &answer);

    if (step != SPF_STEP_MATCH)
        return step;
    if (answer->count > SPF_MX_NAMES_MAX)
        return SPF_STEP_PERMERROR;
    return match_exchanges(evaluation, term, answer);
}

/* exists (§5.7): always A, whatever the client. */
static enum spf_step match_exists(struct spf_evaluation *evaluation, struct text target)
{
    const struct dns_answer *answer;

    return ask_for(evaluation, target, DNS_A, &answer);
}

/* include (§5.2) */
static enum spf_step match_include(struct spf_evaluation *evaluation, struct text target)
{
    struct text domain = evaluation->values.domain;
    struct spf_finding finding = spf_eval_check_host(evaluation, target);

    evaluation->values.domain = domain;
    if (finding.is_waiting)
        return SPF_STEP_WAITING;
    switch (finding.result) {
    case AUTH_PASS:
        return SPF_STEP_MATCH;
    case AUTH_TEMPERROR:
        return SPF_STEP_TEMPERROR;
    case AUTH_NONE:
    case AUTH_PERMERROR:
        return SPF_STEP_PERMERROR;
    default:
        return SPF_STEP_NO_MATCH;
    }
}

static enum spf_step match_lookup(
    struct spf_evaluation *evaluation, const struct spf_term *term, struct text target)
{
    switch (term->mechanism) {
    case SPF_INCLUDE:
        return match_include(evaluation, target);
    case SPF_A:
        return match_a(evaluation, term, target);
    case SPF_MX:
        return match_mx(evaluation, term, target);
    case SPF_PTR:
        return spf_ptr_match(evaluation, target);
    default:
        return match_exists(evaluation, target);
    }
}

enum spf_step spf_mechanism_match(struct spf_evaluation *evaluation, const struct spf_term *term)
{
    struct text target;
    enum spf_step step;

    if (term->mechanism == SPF_ALL)
        return SPF_STEP_MATCH;
    if (term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6)
        return ip_network_contains(&term->network, &evaluation->values.client) ? SPF_STEP_MATCH
                                                                               : SPF_STEP_NO_MATCH;
    if (++evaluation->lookup_terms > SPF_LOOKUP_TERMS_MAX)
        return SPF_STEP_PERMERROR;
    if (spf_eval_is_unmatchable(evaluation, term->target))
        return SPF_STEP_NO_MATCH;
    if (!spf_eval_target(evaluation, term->target, &target))
        return SPF_STEP_WAITING;
    step = match_lookup(evaluation, term, target);
    /* What an include counted behind a term that is waiting may never come to be. */
    if (step == SPF_STEP_WAITING)
        return step;
    return evaluation->void_lookups > SPF_VOID_LOOKUPS_MAX ? SPF_STEP_PERMERROR : step;
}
