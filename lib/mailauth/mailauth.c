/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/mailauth.h"

#include "lib/dns/name.h"
#include "lib/mailauth/mailauth-author.h"
#include "lib/mailauth/mailauth-results.h"
#include "lib/mailauth/mailauth-vouched.h"

/* One SPF identity, and its verdict once there is one: answers do not change any more. */
struct identity {
    struct spf_query query;
    struct spf_verdict verdict;
    bool is_done;
};

struct mailauth {
    const struct mailauth_rules *rules;
    struct mailauth_facts facts;
    struct answers *answers;
    struct arena *arena;
    struct identity helo, sender;
    struct text sender_domain;              /* of the sender's identity, normalized; empty: none */
    const struct mailauth_vouched *vouched; /* NULL: nothing */
    bool is_relayed, spf_is_vouched;
    struct message *message;
    size_t from_count; /* From fields, those beyond the message's limits too */
    bool has_header;   /* all of it is there: what follows is set */
    struct mailauth_author author;
    struct signatures signatures;
    struct signature_verdict *signature_verdicts; /* as we judge them */
    const struct signature_verdict *judged;       /* with those vouched for; NULL: not yet */
    size_t judged_count;
    struct arc_chain *arc;
    struct arc_verdict arc_verdict;
    bool has_asked_policies; /* the walks of the authors are noted */
    bool has_prefetched;     /* those of who may be aligned are, too */
};

/* Behind the last "@" of the sender; the HELO name for the null sender (RFC 7208 §2.4). */
static struct text identity_domain(const struct mailauth_facts *facts)
{
    size_t at = text_find_last(facts->mail_from, '@');

    if (facts->mail_from.len == 0)
        return facts->helo;
    return at == facts->mail_from.len ? facts->mail_from : text_skip(facts->mail_from, at + 1);
}

static void prepare_identities(struct mailauth *session)
{
    const struct mailauth_facts *facts = &session->facts;
    struct spf_query query = {.client = facts->client,
        .helo = facts->helo,
        .sender = TEXT(""),
        .receiver = session->rules->authserv_id,
        .now = facts->now};

    if (facts->client_follows)
        return;
    session->helo.query = query;
    query.sender = facts->mail_from;
    session->sender.query = query;
    if (!dns_name_normalize(identity_domain(facts), session->arena, &session->sender_domain))
        session->sender_domain = TEXT("");
}

struct mailauth *mailauth_new(const struct mailauth_rules *rules,
    const struct mailauth_facts *facts, struct answers *answers, struct arena *arena)
{
    struct mailauth *session = arena_alloc_zero(arena, 1, sizeof *session);

    session->rules = rules;
    session->facts = *facts;
    session->facts.helo = arena_copy(arena, facts->helo);
    session->facts.mail_from = arena_copy(arena, facts->mail_from);
    session->facts.client_name = arena_copy(arena, facts->client_name);
    session->facts.client_ptr = arena_copy(arena, facts->client_ptr);
    session->answers = answers;
    session->arena = arena;
    session->message = message_new(arena, &rules->limits);
    prepare_identities(session);
    return session;
}

void mailauth_done(struct mailauth **session)
{
    if (*session == NULL)
        return;
    signatures_done(&(*session)->signatures);
    message_done(&(*session)->message);
    *session = NULL;
}

enum err mailauth_field(struct mailauth *session, const struct header_field *field)
{
    /* Counted before any limit: a second From must not hide behind a thousand fields. */
    session->from_count += text_equals_nocase(field->name, TEXT("From"));
    return message_add_field(session->message, field);
}

/*
 * A relay that has checked SPF knew its client. Where it had no answer we ask once more: its word
 * stays in the message, which would be deferred for it until it came back.
 */
static void take_spf_over(struct mailauth *session)
{
    bool is_null = session->facts.mail_from.len == 0;
    struct identity *identity = is_null ? &session->helo : &session->sender;
    struct spf_verdict verdict;

    if (!mailauth_vouched_spf(session->vouched, is_null, session->arena, &verdict) ||
        (verdict.result == AUTH_TEMPERROR && session->facts.client.family != IP_NONE))
        return;
    identity->verdict = verdict;
    identity->is_done = session->spf_is_vouched = true;
}

void mailauth_set_hop(struct mailauth *session, const struct mailauth_hop *hop)
{
    session->facts.client_follows = false;
    session->is_relayed = true;
    session->facts.client = hop->client;
    session->facts.helo = hop->helo;
    session->vouched = hop->vouched;
    prepare_identities(session);
    if (hop->vouched != NULL)
        take_spf_over(session);
}

void mailauth_end_header(struct mailauth *session)
{
    session->author = mailauth_author_find(session->message, session->from_count, session->arena);
    session->signatures =
        signatures_find(session->message, &session->rules->signatures, session->arena);
    session->signature_verdicts = arena_alloc_zero(
        session->arena, session->signatures.count + 1, sizeof *session->signature_verdicts);
    session->arc = arc_find(session->message, &session->rules->signatures, session->arena);
    session->has_header = true;
}

void mailauth_body(struct mailauth *session, struct text piece)
{
    message_add_body(session->message, piece);
    signatures_add_body(&session->signatures, piece);
}

void mailauth_end_body(struct mailauth *session)
{
    message_end_body(session->message);
}

struct message *mailauth_message(struct mailauth *session)
{
    return session->message;
}

/* --- evaluation --- */

static bool evaluate_identity(struct mailauth *session, struct identity *identity)
{
    const struct spf_engine *engine =
        session->rules->spf != NULL ? session->rules->spf : &spf_engine_own;

    if (!identity->is_done)
        identity->is_done = engine->check(&identity->query, session->answers, session->arena,
                                &identity->verdict) == AUTH_DONE;
    return identity->is_done;
}

/*
 * The HELO name counts for the null sender alone. Otherwise nothing would follow from its result,
 * and whoever owns it could keep the message waiting (RFC 7208 §2.3 recommends the check to those
 * who would refuse by it).
 */
static bool evaluate_spf(struct mailauth *session)
{
    if (session->facts.client_follows)
        return false;
    if (session->facts.mail_from.len != 0)
        return evaluate_identity(session, &session->sender);
    if (!evaluate_identity(session, &session->helo))
        return false;
    session->sender.verdict = session->helo.verdict;
    return true;
}

/* A signature over a header that is not all there says nothing. */
static void refuse_truncated(struct mailauth *session)
{
    for (size_t i = 0; i < session->signatures.count; i++) {
        session->signature_verdicts[i].result = AUTH_PERMERROR;
        session->signature_verdicts[i].reason = "the header is too large to be verified";
    }
}

static bool evaluate_signatures(struct mailauth *session)
{
    bool is_done = true;

    for (size_t i = 0; i < session->signatures.count; i++)
        if (signature_evaluate(session->signatures.items[i], session->answers, session->facts.now,
                &session->signature_verdicts[i]) == AUTH_WAITING)
            is_done = false;
    if (!message_is_truncated(session->message))
        return is_done;
    refuse_truncated(session);
    return true;
}

static bool evaluate_arc(struct mailauth *session)
{
    return arc_evaluate(session->arc, session->answers, session->facts.now,
               &session->arc_verdict) == AUTH_DONE;
}

static bool has_vouched_keys(const struct mailauth *session)
{
    return session->vouched == NULL ||
           mailauth_vouched_ask(session->vouched, session->answers) == AUTH_DONE;
}

/* --- DMARC --- */

/* None is the result of a signature that waits for its key, or for the body. */
static bool may_pass(const struct signature_verdict *verdict)
{
    return verdict->result == AUTH_NONE || verdict->result == AUTH_PASS ||
           verdict->result == AUTH_TEMPERROR;
}

/* Could the domain align with one of the authors, by its looks? */
static bool could_align(const struct mailauth_author *author, struct text domain)
{
    bool is_near = false;

    for (size_t i = 0; i < author->domain_count; i++) {
        if (text_equals(domain, author->domains[i]))
            return false; /* that walk is noted already */
        is_near = is_near || text_equals(dns_name_last_labels(domain, 2),
                                 dns_name_last_labels(author->domains[i], 2));
    }
    return is_near;
}

/*
 * Identifiers are known to pass only in the end. Those that could align with the author have
 * their walks noted before, in the wave that fetches the keys.
 */
static void prefetch_walk(struct mailauth *session, struct text domain)
{
    struct dmarc_walk walk;

    if (dns_name_is_valid(domain) && could_align(&session->author, domain))
        dmarc_walk_from(domain, session->answers, session->arena, &walk);
}

/* True for a signature that may pass, the first such one of its domain. */
static bool is_first_of_domain(const struct signature_verdict *verdicts, size_t index)
{
    const struct signature_verdict *verdict = &verdicts[index];

    if (!may_pass(verdict))
        return false;
    for (size_t i = 0; i < index; i++)
        if (may_pass(&verdicts[i]) && text_equals(verdicts[i].domain, verdict->domain))
            return false;
    return true;
}

/*
 * Once: all names of a walk are noted when it is looked at first. That is before SPF goes on: where
 * the resolver lacks room the first names of a wave find it (dns/resolver.h), and those that a
 * sender's own record leads to must not keep the author's policy out.
 */
static void ask_policies(struct mailauth *session)
{
    if (session->has_asked_policies)
        return;
    session->has_asked_policies = true;
    for (size_t i = 0; i < session->author.domain_count; i++)
        dmarc_prefetch(session->author.domains[i], session->answers, session->arena);
}

/* Once, too. */
static void prefetch_alignment(struct mailauth *session)
{
    const struct signature_verdict *verdicts = session->signature_verdicts;
    size_t walks = 0;

    if (session->has_prefetched)
        return;
    session->has_prefetched = true;
    prefetch_walk(session, session->sender_domain);
    for (size_t i = 0; i < session->signatures.count && walks < SIGNATURES_MAX; i++) {
        if (!is_first_of_domain(verdicts, i))
            continue;
        prefetch_walk(session, verdicts[i].domain);
        walks++;
    }
}

/* Adds one identifier where its method passed, or might have. A signature by a key that is being
   tested is none (RFC 6376 §3.6.1). */
static void add_identifier(struct dmarc_identifier *identifiers, size_t *count, struct text domain,
    bool is_spf, enum auth_result result)
{
    if (result != AUTH_PASS && result != AUTH_TEMPERROR)
        return;
    identifiers[(*count)++] = (struct dmarc_identifier){
        .domain = domain, .is_spf = is_spf, .is_temporary = result == AUTH_TEMPERROR};
}

static const char *from_problem(enum mailauth_from from)
{
    switch (from) {
    case MAILAUTH_FROM_ONE:
        return NULL;
    case MAILAUTH_FROM_MISSING:
        return "no From field";
    case MAILAUTH_FROM_SEVERAL_FIELDS:
        return "several From fields";
    case MAILAUTH_FROM_SEVERAL_DOMAINS:
        return "several domains in From";
    case MAILAUTH_FROM_TOO_MANY_DOMAINS:
        return "too many domains in From";
    case MAILAUTH_FROM_MALFORMED:
        break;
    }
    return "malformed From field";
}

static void collect_identifiers(const struct mailauth *session, struct dmarc_query *query)
{
    struct dmarc_identifier *identifiers =
        arena_alloc_zero(session->arena, session->judged_count + 1, sizeof *identifiers);

    add_identifier(identifiers, &query->identifier_count, session->sender.verdict.domain, true,
        session->sender.verdict.result);
    for (size_t i = 0; i < session->judged_count; i++)
        if (!session->judged[i].testing)
            add_identifier(identifiers, &query->identifier_count, session->judged[i].domain, false,
                session->judged[i].result);
    query->identifiers = identifiers;
}

/* DMARC's word, and the domain that it is about. */
struct dmarc_outcome {
    struct dmarc_verdict verdict;
    struct text domain;
    struct text failed[MAILAUTH_AUTHORS_MAX];
    size_t failed_count;
};

/*
 * Of several authors the strictest policy that fails counts (RFC 9989 §11.5); then one that could
 * fail, since no answer came; then a fail that nothing follows from.
 */
static int weight(const struct dmarc_verdict *verdict)
{
    if (verdict->result == AUTH_TEMPERROR)
        return 2;
    if (verdict->result != AUTH_FAIL)
        return 0;
    return verdict->policy == DMARC_POLICY_NONE ? 1 : 2 + (int)verdict->policy;
}

/* A field that names no one author never passes: readers may be shown any of them. */
static void weigh(struct dmarc_outcome *outcome, const struct dmarc_verdict *verdict,
    struct text domain, const char *problem)
{
    if (problem != NULL && weight(verdict) <= weight(&outcome->verdict))
        return;
    outcome->verdict = *verdict;
    outcome->domain = domain;
    if (verdict->problem == NULL)
        outcome->verdict.problem = problem;
}

static enum auth_progress evaluate_dmarc(struct mailauth *session, struct dmarc_outcome *outcome_r)
{
    const struct dmarc_engine *engine =
        session->rules->dmarc != NULL ? session->rules->dmarc : &dmarc_engine_own;
    const struct mailauth_author *author = &session->author;
    const char *problem = from_problem(author->from);
    struct dmarc_outcome outcome = {
        .verdict = {.result = AUTH_PERMERROR, .problem = problem},
          .domain = TEXT("")
    };
    struct dmarc_query query = {.identifier_count = 0};
    enum auth_progress progress = AUTH_DONE;

    collect_identifiers(session, &query);
    for (size_t i = 0; i < author->domain_count; i++) {
        struct dmarc_verdict verdict;

        query.author_domain = author->domains[i];
        if (engine->evaluate(&query, session->answers, session->arena, &verdict) == AUTH_WAITING) {
            progress = AUTH_WAITING;
            continue;
        }
        weigh(&outcome, &verdict, author->domains[i], problem);
        if (verdict.result == AUTH_FAIL)
            outcome.failed[outcome.failed_count++] = author->domains[i];
    }
    if (progress == AUTH_DONE)
        *outcome_r = outcome;
    return progress;
}

/* Once, when our own verdicts stand. */
static void judge_signatures(struct mailauth *session)
{
    if (session->judged != NULL)
        return;
    session->judged = session->signature_verdicts;
    session->judged_count = session->signatures.count;
    if (session->vouched != NULL)
        session->judged = mailauth_vouched_signatures(session->vouched, session->judged,
            &session->judged_count, session->answers, session->arena);
}

/* --- verdict --- */

static bool has_temporary(const struct mailauth_verdict *verdict)
{
    if (verdict->spf.result == AUTH_TEMPERROR || verdict->dmarc.result == AUTH_TEMPERROR)
        return true;
    for (size_t i = 0; i < verdict->signature_count; i++)
        if (verdict->signatures[i].result == AUTH_TEMPERROR)
            return true;
    return false;
}

static struct mailauth_verdict make_verdict(
    const struct mailauth *session, const struct dmarc_outcome *dmarc)
{
    struct mailauth_verdict verdict = {
        .spf_helo = session->helo.verdict,
        .spf = session->sender.verdict,
        .sender_is_null = session->facts.mail_from.len == 0,
        .signatures = session->judged,
        .signature_count = session->judged_count,
        .arc = session->arc_verdict,
        .from = session->author.from,
        .author_domains = session->author.domains,
        .author_domain_count = session->author.domain_count,
        .author_domain = dmarc->domain,
        .author = session->author.address,
        .failed_domain_count = dmarc->failed_count,
        .dmarc = dmarc->verdict,
        .is_relayed = session->is_relayed,
        .spf_is_vouched = session->spf_is_vouched,
    };

    memcpy(verdict.failed_domains, dmarc->failed, sizeof verdict.failed_domains);
    verdict.has_temporary = has_temporary(&verdict);
    verdict.results_field =
        mailauth_results_format(session->rules, &session->facts, &verdict, session->arena);
    return verdict;
}

enum auth_progress mailauth_evaluate(struct mailauth *session, struct mailauth_verdict *verdict_r)
{
    struct dmarc_outcome dmarc;
    bool is_done;

    if (session->has_header)
        ask_policies(session);
    is_done = evaluate_spf(session);
    if (!session->has_header)
        return AUTH_WAITING;
    is_done = evaluate_signatures(session) && is_done;
    is_done = has_vouched_keys(session) && is_done;
    is_done = evaluate_arc(session) && is_done;
    prefetch_alignment(session);
    if (!is_done || !message_is_complete(session->message))
        return AUTH_WAITING;
    judge_signatures(session);
    if (evaluate_dmarc(session, &dmarc) == AUTH_WAITING)
        return AUTH_WAITING;
    if (session->vouched != NULL && session->author.from == MAILAUTH_FROM_ONE)
        mailauth_vouched_dmarc(session->vouched, dmarc.domain, session->arena, &dmarc.verdict);
    *verdict_r = make_verdict(session, &dmarc);
    return AUTH_DONE;
}
