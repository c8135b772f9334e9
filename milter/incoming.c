/* SPDX-License-Identifier: MIT */
/*
 * Mail that comes in: judged by the engine, with one Authentication-Results field on top, and
 * DMARC's policy applied (RFC 9989 §5.4: on the owner's p=reject alone we refuse only where the
 * operator says so; else the message is marked).
 */
#include "lib/base/clock.h"
#include "lib/mailauth/mailauth-vouched.h"
#include "milter/forged.h"
#include "milter/forward.h"
#include "milter/passage.h"
#include "milter/policy.h"
#include "milter/seen-row.h"
#include "milter/stats.h"
#include "milter/trail.h"

/* What the log line shows of the signatures. */
#define SIGNATURES_LOGGED_MAX 6
#define SIGNATURE_NAME_LOGGED_MAX 64

struct incoming {
    struct passage *passage;
    struct answers *answers;
    struct waves *waves;
    struct mailauth *engine;
    struct forged *forged;
    struct trail *trail; /* NULL where the client is no relay of ours */
    const struct mailauth_vouched *vouched;
};

/* Between the events: whatever can be asked for already, is. */
static void ask_early(struct incoming *incoming)
{
    struct mailauth_verdict ignored;

    if (mailauth_evaluate(incoming->engine, &ignored) == AUTH_WAITING)
        waves_send(incoming->waves, incoming->passage->world->decisions.dns_timeout_ms);
}

static void *incoming_begin(struct passage *passage)
{
    const struct passage_envelope *envelope = &passage->envelope;
    struct incoming *incoming = arena_alloc_zero(passage->arena, 1, sizeof *incoming);
    const struct mailauth_facts facts = {
        .client = envelope->client.ip,
        .helo = envelope->helo,
        .mail_from = envelope->sender,
        .client_name = envelope->client.name,
        /* What a relay knows of its client's names is not for us to say. */
        .client_name_known = envelope->client.name_known && !envelope->is_relayed,
        .client_ptr = envelope->client.ptr,
        .client_ptr_known = envelope->client.ptr_known && !envelope->is_relayed,
        .now = clock_wall(),
        .client_follows = envelope->is_relayed,
    };

    incoming->passage = passage;
    incoming->answers = answers_new(passage->arena);
    incoming->waves = waves_new(
        &passage->world->resolver, incoming->answers, passage->resume, passage->resume_context);
    incoming->engine =
        mailauth_new(&passage->world->rules, &facts, incoming->answers, passage->arena);
    incoming->forged = forged_new(passage->world->rules.authserv_id,
        passage->world->decisions.relay_authserv_ids, passage->arena);
    if (envelope->is_relayed)
        incoming->trail =
            trail_new(passage->world, &envelope->client, envelope->helo, passage->arena);
    ask_early(incoming);
    return incoming;
}

static void incoming_field(void *state, const struct header_field *field)
{
    struct incoming *incoming = state;

    struct forged_claim *claim = forged_field(incoming->forged, field);

    if (incoming->trail != NULL)
        trail_field(incoming->trail, field, claim);
    /* Its bounds are those that the passage keeps; the engine remembers where they are passed. */
    if (mailauth_field(incoming->engine, field) != ERR_NONE)
        incoming->passage->header_is_too_large = true;
}

/* Who gave the message to our relays takes the place of the client. */
static void find_hop(struct incoming *incoming)
{
    struct mailauth_hop hop = trail_end(incoming->trail);

    incoming->passage->envelope.hop = hop.client;
    incoming->vouched = hop.vouched;
    mailauth_set_hop(incoming->engine, &hop);
}

static void incoming_end_header(void *state)
{
    struct incoming *incoming = state;

    if (incoming->trail != NULL)
        find_hop(incoming);
    mailauth_end_header(incoming->engine);
    /* Where it fails the seal says so: the body was not hashed. */
    if (incoming->passage->world->decisions.seals_forwarded)
        (void)arc_seal_prepare(mailauth_message(incoming->engine));
    waves_take(incoming->waves);
    ask_early(incoming);
}

static void incoming_body(void *state, struct text piece)
{
    struct incoming *incoming = state;

    mailauth_body(incoming->engine, piece);
    if (waves_take(incoming->waves))
        ask_early(incoming);
}

static void incoming_end_body(void *state)
{
    struct incoming *incoming = state;

    mailauth_end_body(incoming->engine);
}

/* --- the verdict becomes an answer --- */

/*
 * "pass(example.org:s1),fail(example.com:s2)", or "none". Bounded, so that long names of many
 * signatures do not push what was decided off the end of the line.
 */
static struct text dkim_words(const struct mailauth_verdict *verdict, struct arena *arena)
{
    struct text words = TEXT_NONE;
    size_t count = verdict->signature_count;

    if (count > SIGNATURES_LOGGED_MAX)
        count = SIGNATURES_LOGGED_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct signature_verdict *signature = &verdict->signatures[i];

        words = arena_print(arena, "%.*s%s%s(%.*s:%.*s)", TEXT_ARGS(words), i == 0 ? "" : ",",
            auth_result_word(signature->result),
            TEXT_ARGS(text_head(signature->domain, SIGNATURE_NAME_LOGGED_MAX)),
            TEXT_ARGS(text_head(signature->selector, SIGNATURE_NAME_LOGGED_MAX)));
    }
    if (count < verdict->signature_count)
        words = arena_print(arena, "%.*s,+%zu", TEXT_ARGS(words), verdict->signature_count - count);
    return text_is_empty(words) ? TEXT("none") : words;
}

/* " hop=203.0.113.5 results=mx2.example.net", for what came by a relay of ours. */
static struct text trail_words(const struct incoming *incoming, struct arena *arena)
{
    char hop[IP_TEXT_MAX];

    if (incoming->trail == NULL)
        return TEXT("");
    ip_format(&incoming->passage->envelope.hop, hop);
    if (incoming->vouched == NULL)
        return arena_print(arena, " hop=%s", hop);
    return arena_print(arena, " hop=%s results=%.*s", hop, TEXT_ARGS(incoming->vouched->by));
}

static void log_verdict(const struct incoming *incoming, const struct mailauth_verdict *verdict,
    const struct policy_outcome *outcome, struct text forwarding)
{
    struct passage *passage = incoming->passage;
    struct text origin = passage_origin_text(passage);
    struct text trail = trail_words(incoming, passage->arena);
    struct text dkim = dkim_words(verdict, passage->arena);
    struct text reason = text_is_empty(outcome->reason)
                             ? TEXT_NONE
                             : arena_print(passage->arena, "(%.*s)", TEXT_ARGS(outcome->reason));
    const char *sep = text_is_empty(verdict->author_domain) ? "" : "(";

    log_info(&passage->log,
        "%.*s%.*s nrcpt=%zu spf=%s dkim=%.*s dmarc=%s%s%.*s%s action=%s%.*s%.*s waves=%zu%s",
        TEXT_ARGS(origin), TEXT_ARGS(trail), passage->envelope.recipients,
        auth_result_word(verdict->spf.result), TEXT_ARGS(dkim),
        auth_result_word(verdict->dmarc.result), sep, TEXT_ARGS(verdict->author_domain),
        sep[0] != '\0' ? ")" : "", outcome->action, TEXT_ARGS(reason), TEXT_ARGS(forwarding),
        waves_sent(incoming->waves), forged_count(incoming->forged) != 0 ? " forged=removed" : "");
}

/* What is taken and leads elsewhere. Last, since a seal is about all that was done before. */
static struct text forward(struct incoming *incoming, const struct mailauth_verdict *verdict,
    struct policy_outcome *outcome)
{
    struct passage *passage = incoming->passage;
    const struct forward_seal seal = {
        mailauth_message(incoming->engine), &verdict->arc, verdict->results_field};
    struct forward_outcome forwarded = {.words = TEXT("")};

    if (passage->reply.verdict == REPLY_CONTINUE &&
        !(forward_apply(passage, &forwarded) && forward_seal_apply(passage, &seal, &forwarded)))
        *outcome = (struct policy_outcome){.action = "defer"};
    return forwarded.words;
}

static void answer(struct incoming *incoming, const struct mailauth_verdict *verdict)
{
    struct passage *passage = incoming->passage;
    struct policy_outcome outcome;
    struct text forwarding;

    forged_remove(incoming->forged, &passage->reply);
    reply_insert_header(&passage->reply, 0, FORGED_RESULTS_FIELD, verdict->results_field);
    outcome = policy_apply(passage, verdict);
    forwarding = forward(incoming, verdict, &outcome);
    stats_count_incoming(verdict, outcome.action);
    log_verdict(incoming, verdict, &outcome, forwarding);
    seen_row_put(passage, verdict, &outcome);
}

/* The engine still waits although nothing can come any more: a bug of ours, and no verdict. */
static void answer_without_verdict(struct passage *passage)
{
    log_error(&passage->log, "the engine did not come to a verdict");
    reply_tempfail(&passage->reply, "451", "4.3.0", "the message cannot be checked now");
    stats_count_incoming_unjudged();
}

enum judgement { JUDGED, PARKED, STUCK };

/* Nothing more will be asked: each name that a look at the answers brings up is a failure. */
static enum judgement judge_with_what_there_is(
    struct incoming *incoming, struct mailauth_verdict *verdict_r)
{
    for (int round = 0; round < WAVES_MAX; round++) {
        answers_give_up(incoming->answers);
        if (mailauth_evaluate(incoming->engine, verdict_r) == AUTH_DONE)
            return JUDGED;
    }
    return STUCK;
}

/* As far as one can get now. */
static enum judgement judge(struct incoming *incoming, struct mailauth_verdict *verdict_r)
{
    bool nothing_out = false;

    for (;;) {
        int64_t left_ms = incoming->passage->deadline_ms - clock_monotonic_ms();
        bool something_in = waves_take(incoming->waves);

        if (left_ms <= 0 || (nothing_out && !something_in))
            return judge_with_what_there_is(incoming, verdict_r);
        if (mailauth_evaluate(incoming->engine, verdict_r) == AUTH_DONE)
            return JUDGED;
        waves_send(incoming->waves, left_ms);
        if (waves_park(incoming->waves))
            return PARKED;
        nothing_out = true;
    }
}

static enum session_progress incoming_finish(void *state)
{
    struct incoming *incoming = state;
    struct passage *passage = incoming->passage;
    struct mailauth_verdict verdict;

    if (passage->header_is_too_large) {
        passage_refuse_large_header(passage);
        stats_count_incoming_unjudged();
        return SESSION_NOW;
    }
    switch (judge(incoming, &verdict)) {
    case PARKED:
        return SESSION_LATER;
    case STUCK:
        answer_without_verdict(passage);
        break;
    case JUDGED:
        answer(incoming, &verdict);
        break;
    }
    return SESSION_NOW;
}

static void incoming_end(void *state)
{
    struct incoming *incoming = state;

    waves_free(&incoming->waves);
    mailauth_done(&incoming->engine);
}

const struct passage_direction passage_incoming = {
    .name = "in",
    .begin = incoming_begin,
    .field = incoming_field,
    .end_header = incoming_end_header,
    .body = incoming_body,
    .end_body = incoming_end_body,
    .finish = incoming_finish,
    .end = incoming_end,
};
