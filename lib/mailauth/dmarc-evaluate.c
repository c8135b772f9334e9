/* SPDX-License-Identifier: MIT */

/* DMARC: which record applies, what aligns, and the result (RFC 9989 §4.10.1, 4.10.2, 5.3). */

#include "lib/dns/name.h"
#include "lib/mailauth/dmarc.h"

/* One evaluation, on the stack. */
struct evaluation {
    const struct dmarc_query *query;
    struct answers *answers;
    struct arena *arena;
    struct dmarc_walk walk;          /* of the author domain */
    const struct dmarc_step *policy; /* where the record that applies was found */
    struct dmarc_verdict verdict;
    bool is_waiting;
    bool has_failed_lookup; /* one that could have made a pass */
};

/* --- policy discovery --- */

static const struct dmarc_step *find_step(const struct dmarc_walk *walk, struct text domain)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->steps[i].record != NULL && text_equals(walk->steps[i].domain, domain))
            return &walk->steps[i];
    return NULL;
}

/* The author domain's record, else the organizational domain's, else the public suffix's. */
static const struct dmarc_step *discover(const struct dmarc_walk *walk)
{
    const struct dmarc_step *last = &walk->steps[walk->count - 1];
    const struct dmarc_step *organizational;

    if (walk->steps[0].record != NULL)
        return &walk->steps[0];
    organizational = find_step(walk, walk->organizational_domain);
    if (organizational != NULL)
        return organizational;
    return last->public_suffix ? last : NULL;
}

/*
 * Does the author domain exist (§3.2.13)? Any answer about the name tells; the TXT record is the
 * one that SPF asks for too. *exists_r is written unless the answer is missing.
 */
static bool author_exists(struct evaluation *evaluation, bool *exists_r)
{
    const struct dns_answer *answer =
        answers_ask(evaluation->answers, evaluation->query->author_domain, DNS_TXT);

    if (answer == NULL)
        return false;
    *exists_r = answer->status != DNS_NO_NAME;
    if (answer->status == DNS_TEMPORARY)
        evaluation->has_failed_lookup = true;
    return true;
}

static enum dmarc_policy one_level_lower(enum dmarc_policy policy)
{
    return policy == DMARC_POLICY_REJECT ? DMARC_POLICY_QUARANTINE : DMARC_POLICY_NONE;
}

/* p, sp or np, then t (§4.7). */
static void choose_policy(struct evaluation *evaluation)
{
    const struct dmarc_record *record = evaluation->policy->record;
    struct dmarc_verdict *verdict = &evaluation->verdict;
    bool exists = true, is_own = evaluation->policy == &evaluation->walk.steps[0];

    if (!is_own && record->sp != record->np && !author_exists(evaluation, &exists))
        evaluation->is_waiting = true;
    verdict->published = is_own ? record->p : exists ? record->sp : record->np;
    verdict->policy_tag = is_own ? "p" : exists ? "sp" : "np";
    verdict->policy = record->testing ? one_level_lower(verdict->published) : verdict->published;
}

/* --- alignment --- */

/* Names of one label are shared by strangers. */
static bool is_within_shared(struct text domain, struct text above)
{
    return dns_name_label_count(above) > 1 && dns_name_is_within(domain, above);
}

/*
 * Part of the author's walk failed: could the domain still be of the same organization? A record
 * at a failed name could make that name the organizational domain, and one of a public suffix the
 * name below it; the one found without the failed names is the third that is possible. What is in
 * none of them is a stranger, whatever the answers were, and a top-level name that does not
 * answer helps no forger.
 */
static bool could_be_aligned(const struct dmarc_walk *walk, struct text domain)
{
    struct text author = walk->steps[0].domain;

    if (is_within_shared(domain, walk->organizational_domain))
        return true;
    for (size_t i = 0; i < walk->count; i++) {
        size_t labels = dns_name_label_count(walk->steps[i].domain);

        if (walk->steps[i].temporary &&
            is_within_shared(domain, dns_name_last_labels(author, labels > 1 ? labels : 2)))
            return true;
    }
    return false;
}

/*
 * Relaxed alignment is the same organizational domain (§4.10.2). An organizational domain is the
 * name itself or above it, so only names within the author's need a walk of their own.
 */
static bool is_relaxed_aligned(struct evaluation *evaluation, struct text domain)
{
    struct text organizational = evaluation->walk.organizational_domain;
    struct dmarc_walk walk;

    if (evaluation->walk.temporary) {
        if (could_be_aligned(&evaluation->walk, domain))
            evaluation->has_failed_lookup = true;
        return false;
    }
    if (!dns_name_is_within(domain, organizational))
        return false;
    if (dmarc_walk_from(domain, evaluation->answers, evaluation->arena, &walk) == AUTH_WAITING) {
        evaluation->is_waiting = true;
        return false;
    }
    if (walk.temporary) {
        evaluation->has_failed_lookup = true;
        return false;
    }
    return text_equals(walk.organizational_domain, organizational);
}

static bool is_aligned(struct evaluation *evaluation, const struct dmarc_identifier *identifier)
{
    const struct dmarc_record *record = evaluation->policy->record;
    struct text domain;

    if (!dns_name_normalize(identifier->domain, evaluation->arena, &domain))
        return false;
    if (text_equals(domain, evaluation->query->author_domain))
        return true;
    if (identifier->is_spf ? record->spf_strict : record->dkim_strict)
        return false;
    return is_relaxed_aligned(evaluation, domain);
}

static void align(struct evaluation *evaluation)
{
    const struct dmarc_query *query = evaluation->query;

    for (size_t i = 0; i < query->identifier_count; i++) {
        const struct dmarc_identifier *identifier = &query->identifiers[i];
        bool *aligned = identifier->is_spf ? &evaluation->verdict.spf_aligned
                                           : &evaluation->verdict.dkim_aligned;

        if (!is_aligned(evaluation, identifier))
            continue;
        if (identifier->is_temporary)
            evaluation->has_failed_lookup = true;
        else
            *aligned = true;
    }
}

/* --- result --- */

static void conclude(struct dmarc_verdict *verdict, enum auth_result result, const char *problem)
{
    verdict->result = result;
    verdict->problem = problem;
}

static void judge(struct evaluation *evaluation)
{
    struct dmarc_verdict *verdict = &evaluation->verdict;

    if (verdict->spf_aligned || verdict->dkim_aligned)
        conclude(verdict, AUTH_PASS, NULL);
    else if (evaluation->has_failed_lookup)
        conclude(verdict, AUTH_TEMPERROR, "a lookup failed that a pass could hang on");
    else
        conclude(verdict, AUTH_FAIL, NULL);
}

/*
 * Without a record of the author domain's own, which one applies hangs on every lookup of the
 * walk. False where the result stands already.
 */
static bool find_policy(struct evaluation *evaluation)
{
    const struct dmarc_walk *walk = &evaluation->walk;
    struct dmarc_verdict *verdict = &evaluation->verdict;

    if (walk->temporary && walk->steps[0].record == NULL) {
        conclude(verdict, AUTH_TEMPERROR, "the lookup of a DMARC record failed");
        return false;
    }
    evaluation->policy = discover(walk);
    if (evaluation->policy == NULL) {
        conclude(verdict, AUTH_NONE, NULL);
        return false;
    }
    verdict->policy_domain = evaluation->policy->domain;
    verdict->record = evaluation->policy->record;
    if (evaluation->policy->unusable) {
        conclude(verdict, AUTH_PERMERROR, "the DMARC record is unusable");
        return false;
    }
    return true;
}

enum auth_progress dmarc_evaluate(const struct dmarc_query *query, struct answers *answers,
    struct arena *arena, struct dmarc_verdict *verdict_r)
{
    struct evaluation evaluation = {.query = query, .answers = answers, .arena = arena};

    if (!dns_name_is_valid(query->author_domain)) {
        conclude(&evaluation.verdict, AUTH_PERMERROR, "the author domain is no domain name");
        *verdict_r = evaluation.verdict;
        return AUTH_DONE;
    }
    if (dmarc_walk_from(query->author_domain, answers, arena, &evaluation.walk) == AUTH_WAITING)
        return AUTH_WAITING;
    evaluation.verdict.organizational_domain = evaluation.walk.organizational_domain;
    if (find_policy(&evaluation)) {
        choose_policy(&evaluation);
        align(&evaluation);
        judge(&evaluation);
    }
    if (evaluation.is_waiting)
        return AUTH_WAITING;
    *verdict_r = evaluation.verdict;
    return AUTH_DONE;
}

void dmarc_prefetch(struct text author_domain, struct answers *answers, struct arena *arena)
{
    struct dmarc_walk walk;

    if (!dns_name_is_valid(author_domain))
        return;
    dmarc_walk_from(author_domain, answers, arena, &walk);
    answers_ask(answers, author_domain, DNS_TXT);
}

const struct dmarc_engine dmarc_engine_own = {.name = "own", .evaluate = dmarc_evaluate};
