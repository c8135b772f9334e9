/* SPDX-License-Identifier: MIT */
#include "milter/forward.h"

#include "lib/base/clock.h"
#include "milter/address.h"

/* --- the sender --- */

static bool is_wanted(const struct passage *passage)
{
    const struct world_decisions *decisions = &passage->world->decisions;

    if (decisions->seals_forwarded && passage->direction == &passage_incoming)
        return true;
    return !text_is_empty(decisions->srs_domain) && !text_is_empty(passage->envelope.sender);
}

/* A program that hands a message to sendmail(1) in another's name resends it: Sieve does so. */
static bool is_resent(const struct passage_envelope *envelope)
{
    return envelope->client.is_local && text_is_empty(envelope->login);
}

static enum err ask(
    const struct passage *passage, struct forwarding_verdict *verdict_r, struct failure *failure)
{
    const struct world_forwarding *forwarding = &passage->world->forwarding;
    const struct world_decisions *decisions = &passage->world->decisions;
    const struct passage_envelope *envelope = &passage->envelope;
    const struct forwarding_request request = {
        .sender = envelope->sender,
        .recipients = envelope->kept,
        .recipient_count = envelope->kept_count,
        .has_more = envelope->recipients > envelope->kept_count,
        .is_resent = is_resent(envelope),
        .host = decisions->host,
        .postmaster = decisions->postmaster,
        .srs = {.domain = decisions->srs_domain, .max_age_days = decisions->srs_days},
        .now = clock_wall(),
    };

    return forwarding->judge(forwarding->context, &request, passage->arena, verdict_r, failure);
}

/* "forwarded=<info@example.org> srs=<...>", or why there is none. */
static struct text sender_words(
    const struct passage *passage, const struct forwarding_verdict *verdict)
{
    struct text recipient = passage_word(passage, verdict->recipient);

    if (verdict->rewriting == SRS_REWRITTEN)
        return arena_print(passage->arena, " forwarded=<%.*s> srs=<%.*s>", TEXT_ARGS(recipient),
            TEXT_ARGS(passage_word(passage, verdict->sender)));
    if (verdict->rewriting == SRS_NOT_NEEDED)
        return arena_print(passage->arena, " forwarded=<%.*s>", TEXT_ARGS(recipient));
    return arena_print(passage->arena, " forwarded=<%.*s> srs=none(%s)", TEXT_ARGS(recipient),
        srs_forward_word(verdict->rewriting));
}

static void defer(struct passage *passage, const struct failure *failure)
{
    log_error(&passage->log, "cannot find out whether it is to be forwarded, and how: %s",
        failure->text[0] != '\0' ? failure->text : err_text(failure->err));
    reply_tempfail(&passage->reply, "451", "4.3.0",
        "it cannot be told now whether the message is to be forwarded; try again later");
}

bool forward_apply(struct passage *passage, struct forward_outcome *outcome_r)
{
    struct forwarding_verdict verdict = {.is_forwarded = false};
    struct failure failure = {ERR_NONE, ""};
    struct text address;

    *outcome_r = (struct forward_outcome){.is_forwarded = false, .words = TEXT("")};
    if (!is_wanted(passage))
        return true;
    failure.err = ask(passage, &verdict, &failure);
    if (failure.err != ERR_NONE) {
        defer(passage, &failure);
        return false;
    }
    if (!verdict.is_forwarded)
        return true;
    if (verdict.rewriting == SRS_REWRITTEN)
        reply_change_sender(&passage->reply, verdict.sender);
    outcome_r->is_forwarded = true;
    if (address_fold_path(verdict.recipient, passage->arena, &address))
        outcome_r->domain = text_skip(address, text_find_last(address, '@') + 1);
    outcome_r->words = sender_words(passage, &verdict);
    return true;
}

/* --- the seal --- */

/* One key seals: of several the first that everybody can verify. */
static const struct key_set_item *choose_key(const struct key_set *set)
{
    for (size_t i = 0; i < key_set_count(set); i++)
        if (private_key_algorithm(key_set_item(set, i)->key) == KEY_RSA)
            return key_set_item(set, i);
    return key_set_item(set, 0);
}

static void insert_seal(struct reply *reply, const struct arc_seal *seal)
{
    reply_insert_header(reply, 0, "ARC-Authentication-Results", seal->results);
    reply_insert_header(reply, 0, "ARC-Message-Signature", seal->message);
    reply_insert_header(reply, 0, "ARC-Seal", seal->seal);
}

static enum err seal_with(struct passage *passage, const struct forward_seal *seal,
    const struct key_set *set, struct text *words_r, struct failure *failure)
{
    const struct key_set_item *item = choose_key(set);
    const struct arc_seal_request request = {
        .domain = key_set_domain(set),
        .selector = item->selector,
        .authserv_id = passage->world->rules.authserv_id,
        .results = arc_results_of(seal->results),
        .now = clock_wall(),
    };
    struct arc_seal made;
    enum err err = arc_seal_format(
        seal->message, seal->chain, &request, item->key, passage->arena, &made, failure);

    if (err != ERR_NONE)
        return err;
    insert_seal(&passage->reply, &made);
    *words_r = arena_print(
        passage->arena, " seal=%.*s:%.*s", TEXT_ARGS(request.domain), TEXT_ARGS(request.selector));
    return ERR_NONE;
}

static void defer_seal(struct passage *passage, const struct failure *failure)
{
    log_error(&passage->log, "cannot seal: %s",
        failure->text[0] != '\0' ? failure->text : err_text(failure->err));
    reply_tempfail(
        &passage->reply, "451", "4.3.0", "the message cannot be sealed now; try again later");
}

bool forward_seal_apply(
    struct passage *passage, const struct forward_seal *seal, struct forward_outcome *outcome)
{
    const struct world_keys *keys = &passage->world->keys;
    struct failure failure = {ERR_NONE, ""};
    struct text words = TEXT(" seal=none(no key)");
    struct key_set *set = NULL;
    enum err err = ERR_ABSENT;

    if (!outcome->is_forwarded || !passage->world->decisions.seals_forwarded)
        return true;
    if (!text_is_empty(outcome->domain))
        err = keys->find(keys->context, outcome->domain, &set, &failure);
    if (err == ERR_NONE)
        err = seal_with(passage, seal, set, &words, &failure);
    key_set_release(&set);
    if (err == ERR_REFUSED)
        words = arena_print(passage->arena, " seal=none(%s)", failure.text);
    if (err != ERR_NONE && err != ERR_ABSENT && err != ERR_REFUSED) {
        failure.err = err;
        defer_seal(passage, &failure);
        return false;
    }
    outcome->words =
        arena_print(passage->arena, "%.*s%.*s", TEXT_ARGS(outcome->words), TEXT_ARGS(words));
    return true;
}
