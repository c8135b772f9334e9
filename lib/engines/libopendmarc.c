/* SPDX-License-Identifier: MIT */
#include "lib/engines/libopendmarc.h"

/* --- the second opinion --- */

static void describe(struct libopendmarc_case *asked, const struct dmarc_query *query,
    const struct dmarc_verdict *found, struct arena *arena)
{
    const char **domains = arena_alloc_zero(arena, query->identifier_count + 1, sizeof *domains);

    *asked = (struct libopendmarc_case){
        .author_domain = arena_copy_string(arena, query->author_domain),
        .record = arena_copy_string(arena, found->record->raw),
        .dkim_domains = domains,
    };
    if (!text_equals(found->policy_domain, query->author_domain))
        asked->policy_domain = arena_copy_string(arena, found->policy_domain);
    for (size_t i = 0; i < query->identifier_count; i++) {
        const struct dmarc_identifier *identifier = &query->identifiers[i];
        const char *domain = arena_copy_string(arena, identifier->domain);

        if (identifier->is_temporary)
            continue;
        if (identifier->is_spf)
            asked->spf_domain = domain;
        else
            domains[asked->dkim_domain_count++] = domain;
    }
}

enum libopendmarc_word libopendmarc_ask(
    const struct dmarc_query *query, const struct dmarc_verdict *found, struct arena *arena)
{
    struct libopendmarc_case asked;

    describe(&asked, query, found, arena);
    return libopendmarc_call(&asked);
}

/* --- the engine --- */

/* Those identifiers that would make a pass of their own. All answers are there by now. */
static struct dmarc_query aligned_alone(
    const struct dmarc_query *query, struct answers *answers, struct arena *arena)
{
    struct dmarc_identifier *kept =
        arena_alloc_zero(arena, query->identifier_count + 1, sizeof *kept);
    struct dmarc_query aligned = {.author_domain = query->author_domain, .identifiers = kept};

    for (size_t i = 0; i < query->identifier_count; i++) {
        const struct dmarc_query one = {query->author_domain, &query->identifiers[i], 1};
        struct dmarc_verdict verdict;

        if (dmarc_evaluate(&one, answers, arena, &verdict) == AUTH_DONE &&
            verdict.result == AUTH_PASS)
            kept[aligned.identifier_count++] = query->identifiers[i];
    }
    return aligned;
}

static enum dmarc_policy policy_of(enum libopendmarc_word word)
{
    if (word == LIBOPENDMARC_REJECT)
        return DMARC_POLICY_REJECT;
    return word == LIBOPENDMARC_QUARANTINE ? DMARC_POLICY_QUARANTINE : DMARC_POLICY_NONE;
}

static void take_over(struct dmarc_verdict *verdict, enum libopendmarc_word word)
{
    enum dmarc_policy policy = policy_of(word);

    verdict->problem = NULL;
    if (word == LIBOPENDMARC_PASS) {
        verdict->result = AUTH_PASS;
    } else if (word == LIBOPENDMARC_UNREAD) {
        verdict->result = AUTH_PERMERROR;
        verdict->problem = "libopendmarc takes the record for malformed";
        verdict->policy = DMARC_POLICY_NONE;
    } else {
        verdict->result = AUTH_FAIL;
        if (policy < verdict->policy)
            verdict->policy = policy;
    }
}

/* Where our walk finds no record, or cannot tell, there is nothing to ask the library. */
static enum auth_progress evaluate(const struct dmarc_query *query, struct answers *answers,
    struct arena *arena, struct dmarc_verdict *verdict_r)
{
    struct dmarc_verdict verdict;
    struct dmarc_query aligned;

    if (dmarc_evaluate(query, answers, arena, &verdict) == AUTH_WAITING)
        return AUTH_WAITING;
    if (verdict.result == AUTH_PASS || verdict.result == AUTH_FAIL) {
        aligned = aligned_alone(query, answers, arena);
        take_over(&verdict, libopendmarc_ask(&aligned, &verdict, arena));
    }
    *verdict_r = verdict;
    return AUTH_DONE;
}

const struct dmarc_engine libopendmarc_engine = {.name = "libopendmarc", .evaluate = evaluate};
