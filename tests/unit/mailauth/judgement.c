/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailauth/judgement.h"

const struct mailauth_rules judgement_rules = {
    .authserv_id = {"mx.example.org",             14},
      .limits = {MESSAGE_HEADER_BYTES_DEFAULT, 40}
};

struct mailauth_facts judgement_facts(const char *client, const char *mail_from)
{
    struct mailauth_facts facts = {.helo = TEXT("mail.example.net"),
        .mail_from = text_from_string(mail_from),
        .now = JUDGEMENT_NOW};

    if (client != NULL)
        assert_true(ip_parse(text_from_string(client), &facts.client));
    return facts;
}

void judgement_start(
    struct judgement *run, const struct mailauth_facts *facts, const struct canned_record *zone)
{
    *run = (struct judgement){.arena = arena_new()};
    run->answers = answers_new(run->arena);
    run->canned = canned_new(run->arena);
    canned_add_table(run->canned, zone);
    run->session = mailauth_new(&judgement_rules, facts, run->answers, run->arena);
}

enum auth_progress judgement_evaluate(struct judgement *run)
{
    return mailauth_evaluate(run->session, &run->verdict);
}

bool judgement_answer(struct judgement *run)
{
    size_t count = canned_answer_wave(run->canned, run->answers);

    run->waves += count != 0;
    return count != 0;
}

struct text judgement_header(struct judgement *run, struct text message)
{
    const struct header_field *fields;
    struct text body;
    size_t count;

    assert_int_equal(message_split_file(message, run->arena, &fields, &count, &body), ERR_NONE);
    for (size_t i = 0; i < count; i++)
        mailauth_field(run->session, &fields[i]);
    mailauth_end_header(run->session);
    return body;
}

void judgement_drive(struct judgement *run, struct text message)
{
    struct text body;

    assert_int_equal(judgement_evaluate(run), AUTH_WAITING);
    judgement_answer(run);
    body = judgement_header(run, message);
    assert_int_equal(judgement_evaluate(run), AUTH_WAITING);
    judgement_answer(run);
    mailauth_body(run->session, body);
    mailauth_end_body(run->session);
    while (judgement_evaluate(run) == AUTH_WAITING) {
        assert_true(run->waves < JUDGEMENT_WAVES_MAX);
        assert_true(judgement_answer(run));
    }
}

void judgement_finish(struct judgement *run)
{
    mailauth_done(&run->session);
    assert_null(run->session);
    mailauth_done(&run->session);
    arena_free(&run->arena);
}

struct text judgement_sign(struct arena *arena, const char *domain, struct text message)
{
    struct signing_request request = {.domain = text_from_string(domain),
        .selector = TEXT("s1"),
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED};

    return dkim_signed(arena, message, &request, dkim_rsa_pem);
}

struct text judgement_seal(struct arena *arena, const char *domain, struct text message)
{
    const struct arc_seal_request request = {.domain = text_from_string(domain),
        .selector = TEXT("s1"),
        .authserv_id = judgement_rules.authserv_id};
    const struct arc_verdict no_chain = {.result = AUTH_NONE};
    struct private_key *key = dkim_private_key(dkim_rsa_pem);
    struct text body;
    struct message *loaded = dkim_message(arena, message, &body);
    struct failure failure;
    struct arc_seal seal;

    assert_int_equal(arc_seal_prepare(loaded), ERR_NONE);
    message_add_body(loaded, body);
    message_end_body(loaded);
    assert_int_equal(
        arc_seal_format(loaded, &no_chain, &request, key, arena, &seal, &failure), ERR_NONE);
    message_done(&loaded);
    private_key_release(&key);
    return arena_print(arena,
        "ARC-Seal:%.*s\r\nARC-Message-Signature:%.*s\r\nARC-Authentication-Results:%.*s\r\n%.*s",
        TEXT_ARGS(seal.seal), TEXT_ARGS(seal.message), TEXT_ARGS(seal.results), TEXT_ARGS(message));
}
