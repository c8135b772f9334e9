/* SPDX-License-Identifier: MIT */
/*
 * Mail that goes out: signed by each active key of its From domain, or of the nearest parent that
 * has keys. No result field is written, so no login name leaves the house. Where the keys cannot
 * be read, or a signature cannot be made, the message waits; it does not leave unsigned. Before
 * that, From is held against the login. One that is expected as a proof (proof.h) does not leave at
 * all: the answer says who signed it.
 */
#include "lib/base/clock.h"
#include "lib/dns/name.h"
#include "lib/service/proof-answer.h"
#include "milter/authorship.h"
#include "milter/forged.h"
#include "milter/forward.h"
#include "milter/passage.h"
#include "milter/stats.h"

#define SIGNATURE_FIELD "DKIM-Signature"
#define PROOF_KEYS_NAMED_MAX 6 /* in the one line of a proof's answer */

struct outgoing {
    struct passage *passage;
    struct message *message;
    struct forged *forged; /* NULL where the sender is one of our own programs */
    struct signing_request request;
    struct text domain;    /* of From, normalized; empty: none to sign for */
    const char *no_domain; /* why not */
    bool hash_failed;
    struct text forwarding; /* for the log */
};

static void *outgoing_begin(struct passage *passage)
{
    struct outgoing *outgoing = arena_alloc_zero(passage->arena, 1, sizeof *outgoing);
    const struct world_decisions *decisions = &passage->world->decisions;

    outgoing->passage = passage;
    outgoing->message = message_new(passage->arena, &passage->world->rules.limits);
    /* A login may not write results in our name, nor in a relay's; a filter or list manager of ours
       hands on what was written here before. */
    if (!text_is_empty(passage->envelope.login))
        outgoing->forged = forged_new(
            passage->world->rules.authserv_id, decisions->relay_authserv_ids, passage->arena);
    outgoing->request.header_canon = CANON_RELAXED;
    outgoing->request.body_canon = CANON_RELAXED;
    outgoing->request.lifetime_s = decisions->signature_lifetime_s;
    outgoing->request.extra_fields = decisions->sign_fields;
    outgoing->request.oversigned_fields = decisions->oversign_fields;
    return outgoing;
}

static void outgoing_field(void *state, const struct header_field *field)
{
    struct outgoing *outgoing = state;

    if (outgoing->forged != NULL)
        forged_field(outgoing->forged, field);
    if (message_add_field(outgoing->message, field) != ERR_NONE)
        outgoing->passage->header_is_too_large = true;
}

static const struct header_field *first_from_field(const struct message *message)
{
    for (size_t i = 0; i < message_field_count(message); i++)
        if (text_equals_nocase(message_field(message, i)->name, TEXT("From")))
            return message_field(message, i);
    return NULL;
}

/* The domain of the first address of the only From field; what is signed for must be one. */
static const char *find_author_domain(struct outgoing *outgoing)
{
    struct arena *arena = outgoing->passage->arena;
    const struct header_field *from = first_from_field(outgoing->message);
    const struct header_address *addresses;
    size_t count;

    if (from == NULL)
        return "no From field";
    if (message_count_fields(outgoing->message, TEXT("From")) != 1)
        return "several From fields";
    if (header_parse_addresses(from->value, arena, &addresses, &count) != HEADER_ADDRESSES_OK ||
        count == 0)
        return "malformed From field";
    if (!dns_name_normalize(addresses[0].domain, arena, &outgoing->domain) ||
        !dns_name_is_domain(outgoing->domain)) {
        outgoing->domain = TEXT_NONE;
        return "no domain in From";
    }
    return NULL;
}

static void outgoing_end_header(void *state)
{
    struct outgoing *outgoing = state;

    outgoing->no_domain = find_author_domain(outgoing);
    outgoing->hash_failed = signer_prepare(outgoing->message, &outgoing->request) != ERR_NONE;
}

static void outgoing_body(void *state, struct text piece)
{
    struct outgoing *outgoing = state;

    message_add_body(outgoing->message, piece);
}

static void outgoing_end_body(void *state)
{
    struct outgoing *outgoing = state;

    message_end_body(outgoing->message);
}

static void log_outcome(const struct outgoing *outgoing, const char *action, struct text detail)
{
    struct passage *passage = outgoing->passage;
    struct text origin = passage_origin_text(passage);

    log_info(&passage->log, "%.*s nrcpt=%zu%s dkim=%.*s action=%s%.*s", TEXT_ARGS(origin),
        passage->envelope.recipients,
        text_is_empty(passage->envelope.login) ? "" : " authenticated", TEXT_ARGS(detail), action,
        TEXT_ARGS(outgoing->forwarding));
}

static void defer(struct outgoing *outgoing, const struct failure *failure)
{
    struct passage *passage = outgoing->passage;

    log_error(&passage->log, "cannot sign for %.*s: %s", TEXT_ARGS(outgoing->domain),
        failure->text[0] != '\0' ? failure->text : err_text(failure->err));
    reply_tempfail(
        &passage->reply, "451", "4.3.0", "the message cannot be signed now; try again later");
    log_outcome(outgoing, "defer", TEXT("temperror"));
    stats_count_outgoing("defer", 0);
}

/* "signed for example.org by s1 (ed25519-sha256), s2 (rsa-sha256)" */
static struct text proof_words(const struct key_set *set, struct arena *arena)
{
    struct text words =
        arena_print(arena, PROOF_ANSWER_SIGNED "%.*s by", TEXT_ARGS(key_set_domain(set)));

    for (size_t i = 0; i < key_set_count(set) && i < PROOF_KEYS_NAMED_MAX; i++)
        words = arena_print(arena, "%.*s%s %.*s (%s)", TEXT_ARGS(words), i == 0 ? "" : ",",
            TEXT_ARGS(key_set_item(set, i)->selector),
            key_algorithm_word(private_key_algorithm(key_set_item(set, i)->key)));
    return words;
}

/* Whether it is expected as a proof; it is so once. */
static bool is_proof(const struct outgoing *outgoing)
{
    const struct passage *passage = outgoing->passage;
    const struct world_proof *proof = &passage->world->proof;

    return proof->take != NULL && !text_is_empty(passage->envelope.login) &&
           proof->take(proof->context, passage->envelope.login);
}

/* Refused, with what would have become of it: in words for the sender, in detail for the log. */
static void end_as_proof(struct outgoing *outgoing, struct text words, struct text detail)
{
    reply_reject(
        &outgoing->passage->reply, "550", "5.7.0", PROOF_ANSWER_START "%.*s", TEXT_ARGS(words));
    log_outcome(outgoing, "proof", detail);
}

/* Inserts one signature per key; *words_r is "example.org:s1,s2" for the log. */
static enum err sign(struct outgoing *outgoing, const struct key_set *set, struct text *words_r,
    struct failure *failure)
{
    struct arena *arena = outgoing->passage->arena;
    struct signing_request *request = &outgoing->request;
    struct text words = arena_print(arena, "signed(%.*s:", TEXT_ARGS(key_set_domain(set)));

    request->domain = key_set_domain(set);
    request->now = clock_wall();
    for (size_t i = 0; i < key_set_count(set); i++) {
        const struct key_set_item *item = key_set_item(set, i);
        struct text value;
        enum err err;

        request->selector = item->selector;
        err = signer_format(outgoing->message, request, item->key, arena, &value, failure);
        if (err != ERR_NONE)
            return err;
        reply_insert_header(&outgoing->passage->reply, 0, SIGNATURE_FIELD, value);
        words = arena_print(
            arena, "%.*s%s%.*s", TEXT_ARGS(words), i == 0 ? "" : ",", TEXT_ARGS(item->selector));
    }
    *words_r = arena_print(arena, "%.*s)", TEXT_ARGS(words));
    return ERR_NONE;
}

static void leave_unsigned(struct outgoing *outgoing, const char *why)
{
    struct arena *arena = outgoing->passage->arena;
    struct text detail = arena_print(arena, "none(%s)", why);

    if (is_proof(outgoing)) {
        end_as_proof(outgoing,
            arena_print(arena, PROOF_ANSWER_UNSIGNED "%.*s", TEXT_ARGS(outgoing->domain)), detail);
        return;
    }
    log_outcome(outgoing, "accept", detail);
    stats_count_outgoing("accept", 0);
}

static void sign_or_defer(struct outgoing *outgoing)
{
    const struct world_keys *keys = &outgoing->passage->world->keys;
    struct failure failure = {ERR_NONE, ""};
    struct key_set *set = NULL;
    struct text words;
    enum err err = keys->find(keys->context, outgoing->domain, &set, &failure);

    if (err == ERR_ABSENT) {
        leave_unsigned(outgoing, "no key");
        return;
    }
    if (err == ERR_NONE && outgoing->hash_failed)
        err = failure_set(&failure, ERR_CRYPTO, "no hash of the body");
    if (err == ERR_NONE)
        err = sign(outgoing, set, &words, &failure);
    if (err != ERR_NONE) {
        failure.err = err;
        defer(outgoing, &failure);
    } else if (is_proof(outgoing)) {
        end_as_proof(outgoing, proof_words(set, outgoing->passage->arena), words);
    } else {
        log_outcome(outgoing, "sign", words);
        stats_count_outgoing("sign", key_set_count(set));
    }
    key_set_release(&set);
}

/* --- who writes as whom --- */

static void refuse_author(struct outgoing *outgoing, const struct authorship *authorship)
{
    struct passage *passage = outgoing->passage;
    struct text login = passage_word(passage, passage->envelope.login);
    bool has_list = !text_is_empty(authorship->allowed);

    reply_reject(&passage->reply, "550", "5.7.1", "%.*s may not write as %.*s in From%s%.*s",
        TEXT_ARGS(login), TEXT_ARGS(authorship->refused), has_list ? "; allowed: " : "",
        TEXT_ARGS(authorship->allowed));
    log_outcome(outgoing, "reject", TEXT("none"));
    stats_count_outgoing("reject", 0);
}

static void defer_author(struct outgoing *outgoing)
{
    reply_tempfail(&outgoing->passage->reply, "451", "4.3.0",
        "it cannot be told now who may write as whom; try again later");
    log_outcome(outgoing, "defer", TEXT("none"));
    stats_count_outgoing("defer", 0);
}

/* False where the reply is given. By default a mismatch is only written down. */
static bool admit_author(struct outgoing *outgoing)
{
    struct passage *passage = outgoing->passage;
    bool is_strict = passage->world->decisions.on_from_mismatch == SETTINGS_ON_MISMATCH_REJECT;
    struct text login = passage_word(passage, passage->envelope.login);
    struct authorship authorship;
    struct failure failure;

    if (text_is_empty(login) ||
        passage->world->decisions.on_from_mismatch == SETTINGS_ON_MISMATCH_OFF)
        return true;
    if (authorship_check(passage, outgoing->message, &authorship, &failure) != ERR_NONE) {
        log_error(&passage->log, "who may write as whom: %s", failure.text);
        if (is_strict)
            defer_author(outgoing);
        return !is_strict;
    }
    if (authorship.is_allowed)
        return true;
    stats_count_mismatch();
    log_warning(&passage->log, "login=<%.*s> may not write as header_from=<%.*s>%s",
        TEXT_ARGS(login), TEXT_ARGS(authorship.refused),
        is_strict ? "" : "; let through, as on_from_mismatch says");
    if (is_strict)
        refuse_author(outgoing, &authorship);
    return !is_strict;
}

/* False where the reply is given. */
static bool forward(struct outgoing *outgoing)
{
    struct forward_outcome forwarded;

    outgoing->forwarding = TEXT("");
    if (!forward_apply(outgoing->passage, &forwarded)) {
        log_outcome(outgoing, "defer", TEXT("none"));
        stats_count_outgoing("defer", 0);
        return false;
    }
    outgoing->forwarding = forwarded.words;
    return true;
}

static enum session_progress outgoing_finish(void *state)
{
    struct outgoing *outgoing = state;
    struct passage *passage = outgoing->passage;

    if (passage->header_is_too_large) {
        passage_refuse_large_header(passage);
        stats_count_outgoing("defer", 0);
        return SESSION_NOW;
    }
    if (!admit_author(outgoing) || !forward(outgoing))
        return SESSION_NOW;
    if (outgoing->forged != NULL)
        forged_remove(outgoing->forged, &passage->reply);
    if (outgoing->no_domain != NULL)
        leave_unsigned(outgoing, outgoing->no_domain);
    else
        sign_or_defer(outgoing);
    return SESSION_NOW;
}

static void outgoing_end(void *state)
{
    struct outgoing *outgoing = state;

    message_done(&outgoing->message);
}

const struct passage_direction passage_outgoing = {
    .name = "out",
    .begin = outgoing_begin,
    .field = outgoing_field,
    .end_header = outgoing_end_header,
    .body = outgoing_body,
    .end_body = outgoing_end_body,
    .finish = outgoing_finish,
    .end = outgoing_end,
};
