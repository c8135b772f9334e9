/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/spf.h"

#include "lib/dns/name.h"
#include "lib/mailauth/spf-eval.h"

static bool is_printable_ascii(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || (unsigned char)text.data[i] > '~')
            return false;
    return true;
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] > 127)
            return false;
    return true;
}

/*
 * Local part and domain of the identity (§2.4, 4.3): the null sender is postmaster at the HELO
 * name, and so is the local part that is missing. The domain's own dots are all that matters, so
 * the last "@" divides.
 */
static void split_sender(
    const struct spf_query *query, struct text *local_part_r, struct text *domain_r)
{
    size_t at = text_find_last(query->sender, '@');

    *local_part_r = TEXT("postmaster");
    *domain_r = query->helo;
    if (query->sender.len == 0)
        return;
    *domain_r = query->sender;
    if (at == query->sender.len)
        return;
    *domain_r = text_skip(query->sender, at + 1);
    if (at != 0)
        *local_part_r = text_head(query->sender, at);
}

/*
 * The text behind exp= (§6.2). Anything wrong with it leaves the explanation empty; the result
 * stands. False: waiting.
 */
static bool explain(struct spf_evaluation *evaluation, const struct spf_finding *finding,
    struct text *explanation_r)
{
    const struct dns_answer *answer;
    struct text name, string, expanded;

    *explanation_r = TEXT("");
    evaluation->values.domain = finding->domain;
    if (!spf_eval_target(evaluation, finding->explanation, &name))
        return false;
    answer = spf_eval_ask(evaluation, name, DNS_TXT);
    if (answer == NULL)
        return false;
    if (answer->count != 1)
        return true;
    string = answer->records[0].text;
    if (string.len > SPF_RECORD_MAX_BYTES || !spf_macro_is_explanation(string))
        return true;
    if (!spf_eval_prepare_macros(evaluation, string))
        return false;
    if (spf_macro_expand(string, &evaluation->values, evaluation->arena, &expanded) &&
        is_printable_ascii(expanded))
        *explanation_r = text_head(expanded, SPF_EXPLANATION_MAX);
    return true;
}

static struct spf_verdict nothing_to_check(const char *problem)
{
    return (struct spf_verdict){.result = AUTH_NONE,
        .domain = TEXT(""),
        .mechanism = TEXT(""),
        .explanation = TEXT(""),
        .problem = problem};
}

/* Texts of the verdict are moved from the pass's own arena into the caller's. */
static enum auth_progress check_domain(struct spf_evaluation *evaluation, struct text domain,
    struct arena *arena, struct spf_verdict *verdict_r)
{
    struct spf_finding finding = spf_eval_check_host(evaluation, domain);
    struct text explanation = TEXT("");

    if (finding.is_waiting)
        return AUTH_WAITING;
    if (finding.result == AUTH_FAIL && finding.explanation.len != 0 &&
        !explain(evaluation, &finding, &explanation))
        return AUTH_WAITING;
    *verdict_r = (struct spf_verdict){
        .result = finding.result,
        .domain = domain,
        .mechanism = finding.mechanism, /* of a record, which the answers own */
        .explanation = arena_copy(arena, explanation),
        .problem = finding.problem,
        .lookup_terms = evaluation->lookup_terms,
        .void_lookups = evaluation->void_lookups,
    };
    return AUTH_DONE;
}

enum auth_progress spf_check(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r)
{
    struct text local_part, written_domain, domain;
    struct spf_evaluation evaluation = {.answers = answers};
    enum auth_progress progress;

    split_sender(query, &local_part, &written_domain);
    if (query->client.family == IP_NONE) {
        *verdict_r = nothing_to_check("the client has no address");
        return AUTH_DONE;
    }
    if (!dns_name_normalize(written_domain, arena, &domain)) {
        *verdict_r = nothing_to_check("not a domain name");
        return AUTH_DONE;
    }
    evaluation.local_part_is_ascii = is_ascii(local_part);
    evaluation.values = (struct spf_macro_values){
        .local_part = local_part,
        .sender_domain = domain,
        .domain = domain,
        .client = query->client,
        .validated = TEXT("unknown"),
        .helo = query->helo,
        .receiver = query->receiver.len != 0 ? query->receiver : TEXT("unknown"),
        .now = query->now,
    };
    /* Records may be long and passes many: what one pass parsed does not outlive it. */
    evaluation.arena = arena_new();
    progress = check_domain(&evaluation, domain, arena, verdict_r);
    arena_free(&evaluation.arena);
    return progress;
}

const struct spf_engine spf_engine_own = {.name = "own", .check = spf_check};
