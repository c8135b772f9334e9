/* SPDX-License-Identifier: MIT */
#include "milter/policy.h"

#include "milter/forged.h"

/*
 * True where nobody's policy can speak for the author whom readers are shown (RFC 9989 §11.5):
 * without From, with several, or with one that names nobody.
 */
static bool hides_author(const struct mailauth_verdict *verdict)
{
    switch (verdict->from) {
    case MAILAUTH_FROM_MISSING:
    case MAILAUTH_FROM_SEVERAL_FIELDS:
    case MAILAUTH_FROM_TOO_MANY_DOMAINS:
        return true;
    case MAILAUTH_FROM_MALFORMED:
        return verdict->author_domain_count == 0;
    case MAILAUTH_FROM_ONE:
    case MAILAUTH_FROM_SEVERAL_DOMAINS:
        break;
    }
    return false;
}

/* --- answers --- */

static struct policy_outcome quarantine(struct passage *passage, struct text reason)
{
    reply_insert_header(&passage->reply, 0, FORGED_ACTION_FIELD, TEXT(" quarantine"));
    return (struct policy_outcome){.action = "quarantine", .reason = reason};
}

/* Taken, but for an author who is not to be seen. */
static struct policy_outcome let_in(
    struct passage *passage, const struct mailauth_verdict *verdict, struct text reason)
{
    if (hides_author(verdict))
        return quarantine(passage, reason);
    return (struct policy_outcome){.action = "accept", .reason = reason};
}

static struct policy_outcome reject(
    struct passage *passage, const struct mailauth_verdict *verdict, struct text reason)
{
    const struct text domain =
        verdict->dmarc.result == AUTH_FAIL ? verdict->author_domain : verdict->failed_domains[0];

    if (text_is_empty(reason))
        reply_reject(&passage->reply, "550", "5.7.1", "rejected by the DMARC policy of %.*s",
            TEXT_ARGS(verdict->dmarc.policy_domain));
    else
        reply_reject(&passage->reply, "550", "5.7.1",
            "rejected by local policy: mail from %.*s must pass DMARC here", TEXT_ARGS(domain));
    return (struct policy_outcome){.action = "reject", .reason = reason};
}

static struct policy_outcome carry_out(struct passage *passage,
    const struct mailauth_verdict *verdict, enum dmarc_action action, struct text reason)
{
    switch (action) {
    case DMARC_ACTION_REJECT:
        return reject(passage, verdict, reason);
    case DMARC_ACTION_QUARANTINE:
        return quarantine(passage, reason);
    case DMARC_ACTION_ACCEPT:
        break;
    }
    return let_in(passage, verdict, reason);
}

static struct policy_outcome defer(
    struct passage *passage, const char *code, const char *enhanced, const char *words)
{
    reply_tempfail(&passage->reply, code, enhanced, "%s", words);
    return (struct policy_outcome){.action = "defer"};
}

static struct policy_outcome decided_by(enum policy_by by, struct policy_outcome outcome)
{
    outcome.by = by;
    return outcome;
}

/* --- mail that fails DMARC --- */

/* What the owner of the domain asks for, as far as the operator follows. */
static enum dmarc_action owners_action(
    const struct world_decisions *decisions, const struct dmarc_verdict *dmarc)
{
    switch (dmarc->policy) {
    case DMARC_POLICY_REJECT:
        return decisions->on_reject == SETTINGS_ON_REJECT_REJECT ? DMARC_ACTION_REJECT
                                                                 : DMARC_ACTION_QUARANTINE;
    case DMARC_POLICY_QUARANTINE:
        return DMARC_ACTION_QUARANTINE;
    case DMARC_POLICY_NONE:
        break;
    }
    return DMARC_ACTION_ACCEPT;
}

/* Somebody outside writes in our name: the stricter of what the record says and the setting. */
static struct policy_outcome judge_own(
    struct passage *passage, const struct mailauth_verdict *verdict, enum dmarc_action asked)
{
    static const enum dmarc_action least[] = {
        [SETTINGS_ON_OWN_DOMAIN_MARK] = DMARC_ACTION_ACCEPT,
        [SETTINGS_ON_OWN_DOMAIN_QUARANTINE] = DMARC_ACTION_QUARANTINE,
        [SETTINGS_ON_OWN_DOMAIN_REJECT] = DMARC_ACTION_REJECT,
    };
    enum dmarc_action ours = least[passage->world->decisions.on_own_domain];
    bool is_asked = asked != DMARC_ACTION_ACCEPT && asked >= ours;
    enum policy_by by = asked >= ours ? POLICY_BY_OWNER : POLICY_BY_OWN_DOMAIN;

    reply_insert_header(&passage->reply, 0, FORGED_WARNING_FIELD, TEXT(" own-domain"));
    if (is_asked)
        return carry_out(passage, verdict, asked, TEXT_NONE);
    return decided_by(by, carry_out(passage, verdict, ours, TEXT("own domain")));
}

static bool is_listed(const struct text *authors, size_t count, struct text domain)
{
    for (size_t i = 0; i < count; i++)
        if (text_equals(authors[i], domain))
            return true;
    return false;
}

static void fill_authors(
    struct exceptions_request *request, const struct mailauth_verdict *verdict, struct arena *arena)
{
    struct text *authors =
        arena_alloc_zero(arena, verdict->author_domain_count + 1, sizeof *authors);
    size_t count = verdict->failed_domain_count;

    memcpy(authors, verdict->failed_domains, count * sizeof *authors);
    for (size_t i = 0; i < verdict->author_domain_count; i++)
        if (!is_listed(authors, count, verdict->author_domains[i]))
            authors[count++] = verdict->author_domains[i];
    request->authors = authors;
    request->author_count = count;
    request->failed_count = verdict->failed_domain_count;
}

static void fill_request(struct exceptions_request *request, const struct passage *passage,
    const struct mailauth_verdict *verdict)
{
    struct arena *arena = passage->arena;
    struct text *signers = arena_alloc_zero(arena, verdict->signature_count + 1, sizeof *signers);

    *request = (struct exceptions_request){.client = passage->envelope.hop, .signers = signers};
    if (verdict->spf.result == AUTH_PASS && !verdict->sender_is_null)
        request->sender_domain = verdict->spf.domain;
    for (size_t i = 0; i < verdict->signature_count; i++)
        if (verdict->signatures[i].result == AUTH_PASS && !verdict->signatures[i].testing)
            signers[request->signer_count++] = verdict->signatures[i].domain;
    fill_authors(request, verdict, arena);
}

/*
 * Who must be trusted for the chain of seals to count: every sealer since the one who saw DMARC
 * pass for this author. A chain that does not cover From says nothing of it, one by a key that is
 * being tested nothing at all (RFC 6376 §3.6.1).
 */
static void fill_sealers(struct exceptions_request *request, const struct passage *passage,
    const struct mailauth_verdict *verdict)
{
    const struct arc_verdict *arc = &verdict->arc;
    struct text *sealers;

    if (arc->result != AUTH_PASS || arc->testing || !arc->covers_author ||
        verdict->from != MAILAUTH_FROM_ONE)
        return;
    sealers = arena_alloc_zero(passage->arena, arc->instance, sizeof *sealers);
    for (size_t i = 0; i < arc->instance; i++) {
        sealers[i] = arc->witnesses[i].sealer;
        if (text_equals(arc->witnesses[i].author, verdict->author_domain)) {
            request->sealers = sealers;
            request->sealer_count = i + 1;
            return;
        }
    }
}

static struct policy_outcome judge_failure(
    struct passage *passage, const struct mailauth_verdict *verdict)
{
    const struct world_exceptions *exceptions = &passage->world->exceptions;
    enum dmarc_action asked = owners_action(&passage->world->decisions, &verdict->dmarc);
    struct exceptions_request request;
    struct exceptions_verdict found;
    struct failure failure;

    fill_request(&request, passage, verdict);
    fill_sealers(&request, passage, verdict);
    if (exceptions->judge(exceptions->context, &request, passage->arena, &found, &failure) !=
        ERR_NONE) {
        log_error(&passage->log, "exceptions from DMARC: %s", failure.text);
        return defer(passage, "451", "4.3.0",
            "it cannot be told now what becomes of mail that fails DMARC; try again later");
    }
    if (!text_is_empty(found.forwarder))
        return decided_by(POLICY_BY_FORWARDER, let_in(passage, verdict, found.forwarder));
    /* Of several authors the owner of one may ask for more than the operator does for another. */
    if (found.has_override && (request.failed_count == 1 || found.override >= asked))
        return decided_by(
            POLICY_BY_OVERRIDE, carry_out(passage, verdict, found.override, TEXT("override")));
    if (!text_is_empty(found.own_domain))
        return judge_own(passage, verdict, asked);
    return carry_out(passage, verdict, asked, TEXT_NONE);
}

/* An author whose policy cannot be had hides no other one who fails. */
static bool has_failed(const struct mailauth_verdict *verdict)
{
    return verdict->dmarc.result == AUTH_FAIL ||
           (verdict->dmarc.result == AUTH_TEMPERROR && verdict->failed_domain_count != 0);
}

struct policy_outcome policy_apply(struct passage *passage, const struct mailauth_verdict *verdict)
{
    if (verdict->has_temporary && verdict->dmarc.result != AUTH_PASS &&
        passage->world->decisions.on_dns_failure == SETTINGS_ON_FAILURE_DEFER)
        return defer(passage, "451", "4.7.1",
            "the sender cannot be checked now, since its DNS does not answer; try again later");
    if (has_failed(verdict))
        return judge_failure(passage, verdict);
    return let_in(passage, verdict, TEXT_NONE);
}
