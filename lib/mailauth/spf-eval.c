/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/spf-eval.h"

#include "lib/dns/name.h"
#include "lib/mailauth/spf-mechanism.h"
#include "lib/mailauth/spf-ptr.h"

/* --- names and questions --- */

bool spf_eval_prepare_macros(struct spf_evaluation *evaluation, struct text string)
{
    struct spf_macro_values *values = &evaluation->values;

    return !spf_macro_uses(string, 'p') ||
           spf_ptr_validated(evaluation, values->domain, &values->validated);
}

bool spf_eval_is_unmatchable(const struct spf_evaluation *evaluation, struct text spec)
{
    return !evaluation->local_part_is_ascii &&
           (spf_macro_uses(spec, 's') || spf_macro_uses(spec, 'l'));
}

bool spf_eval_target(struct spf_evaluation *evaluation, struct text spec, struct text *name_r)
{
    if (spec.len == 0) {
        *name_r = evaluation->values.domain;
        return true;
    }
    if (spf_eval_is_unmatchable(evaluation, spec)) {
        *name_r = TEXT("");
        return true;
    }
    if (!spf_eval_prepare_macros(evaluation, spec))
        return false;
    *name_r = spf_macro_expand_domain(spec, &evaluation->values, evaluation->arena);
    return true;
}

/*
 * A HELO name or a local part may bring any byte into a name. What is no printable ASCII, and the
 * backslash, which resolvers take for an escape, is in no name that anybody publishes.
 */
bool spf_eval_is_askable(struct text name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.data[i];

        if (byte < ' ' || byte > '~' || byte == '\\')
            return false;
    }
    return dns_name_fits(name);
}

const struct dns_answer *spf_eval_ask(
    struct spf_evaluation *evaluation, struct text name, enum dns_type type)
{
    static const struct dns_answer no_name = {.status = DNS_NO_NAME};

    if (!spf_eval_is_askable(name))
        return &no_name;
    return answers_ask(evaluation->answers, name, type);
}

enum dns_type spf_eval_address_type(const struct spf_evaluation *evaluation)
{
    return evaluation->values.client.family == IP_V6 ? DNS_AAAA : DNS_A;
}

bool spf_eval_has_client(
    const struct spf_evaluation *evaluation, const struct dns_answer *answer, unsigned prefix_bits)
{
    const struct ip *client = &evaluation->values.client;
    unsigned bits = prefix_bits < ip_bits(client) ? prefix_bits : ip_bits(client);

    for (size_t i = 0; i < answer->count; i++)
        if (ip_same_prefix(client, &answer->records[i].ip, bits))
            return true;
    return false;
}

/* --- records --- */

/*
 * A multi-label name that the DNS could hold (§4.3). It need not be a host's: a macro brings the
 * local part's "+" or "=" into the name of a record that somebody publishes for one user.
 */
static bool is_checkable(struct text domain)
{
    return dns_name_label_count(domain) >= 2 && spf_eval_is_askable(domain);
}

static struct spf_finding decide(struct text domain, enum auth_result result, const char *problem)
{
    return (struct spf_finding){.domain = domain, .result = result, .problem = problem};
}

/*
 * Finds and parses the domain's record (§4.4-4.6). False where there is nothing to evaluate: then
 * *finding_r says what that means.
 */
static bool read_record(struct spf_evaluation *evaluation, struct text domain,
    struct spf_record *record_r, struct spf_finding *finding_r)
{
    const struct dns_answer *answer = answers_ask(evaluation->answers, domain, DNS_TXT);
    const struct dns_record *found = NULL;
    const char *problem;

    *finding_r = decide(domain, AUTH_NONE, "no SPF record");
    finding_r->is_waiting = answer == NULL;
    if (answer == NULL)
        return false;
    if (answer->status == DNS_TEMPORARY)
        *finding_r = decide(domain, AUTH_TEMPERROR, "the lookup of a record failed");
    for (size_t i = 0; i < answer->count; i++) {
        if (!spf_record_is_spf(answer->records[i].text))
            continue;
        if (found != NULL) {
            *finding_r = decide(domain, AUTH_PERMERROR, "several SPF records");
            return false;
        }
        found = &answer->records[i];
    }
    if (found == NULL)
        return false;
    if (spf_record_parse(found->text, evaluation->arena, record_r, &problem))
        return true;
    *finding_r = decide(domain, AUTH_PERMERROR, problem);
    return false;
}

static const char *step_problem(const struct spf_evaluation *evaluation, enum spf_step step)
{
    if (step == SPF_STEP_TEMPERROR)
        return "a lookup failed";
    if (evaluation->lookup_terms > SPF_LOOKUP_TERMS_MAX)
        return "too many terms that cause lookups";
    if (evaluation->void_lookups > SPF_VOID_LOOKUPS_MAX)
        return "too many void lookups";
    return "a term leads to a domain without a usable record, or to too many hosts";
}

/* What a term that is neither "no match" nor waiting decides. */
static struct spf_finding conclude(const struct spf_evaluation *evaluation,
    const struct spf_record *record, const struct spf_term *term, enum spf_step step)
{
    struct spf_finding finding = decide(evaluation->values.domain, AUTH_PERMERROR, NULL);

    finding.mechanism = term->raw;
    if (step == SPF_STEP_MATCH) {
        finding.result = term->result;
        finding.explanation = record->explanation;
        return finding;
    }
    if (step == SPF_STEP_TEMPERROR)
        finding.result = AUTH_TEMPERROR;
    finding.problem = step_problem(evaluation, step);
    return finding;
}

/* redirect (§6.1): the target's result is ours, but that nothing there is an error. */
static struct spf_finding follow_redirect(struct spf_evaluation *evaluation, struct text spec)
{
    struct text domain = evaluation->values.domain, target;
    struct spf_finding finding = decide(domain, AUTH_PERMERROR, NULL);

    if (++evaluation->lookup_terms > SPF_LOOKUP_TERMS_MAX) {
        finding.problem = step_problem(evaluation, SPF_STEP_PERMERROR);
        return finding;
    }
    if (!spf_eval_target(evaluation, spec, &target)) {
        finding.is_waiting = true;
        return finding;
    }
    finding = spf_eval_check_host(evaluation, target);
    if (finding.result == AUTH_NONE) {
        finding.result = AUTH_PERMERROR;
        finding.problem = "redirect leads to a domain without a record";
    }
    return finding;
}

struct spf_finding spf_eval_check_host(struct spf_evaluation *evaluation, struct text domain)
{
    struct spf_record record;
    struct spf_finding finding;
    bool is_waiting = false;

    if (!is_checkable(domain))
        return decide(domain, AUTH_NONE, "not a domain name that can have a record");
    if (!read_record(evaluation, domain, &record, &finding))
        return finding;
    evaluation->values.domain = domain;
    for (size_t i = 0; i < record.count; i++) {
        enum spf_step step = spf_mechanism_match(evaluation, &record.terms[i]);

        if (step == SPF_STEP_WAITING)
            is_waiting = true;
        else if (step != SPF_STEP_NO_MATCH) {
            finding = conclude(evaluation, &record, &record.terms[i], step);
            finding.is_waiting = is_waiting;
            return finding;
        }
    }
    finding = record.redirect.len != 0 ? follow_redirect(evaluation, record.redirect)
                                       : decide(domain, AUTH_NEUTRAL, NULL);
    finding.is_waiting = finding.is_waiting || is_waiting;
    return finding;
}
