/* SPDX-License-Identifier: MIT */

/*
 * A chain of ARC is read and judged, and sealed by us: the first byte of the input says how often
 * and how the body is cut, the rest is the message. What we seal upon a good chain is good, what we
 * seal upon a broken one ends it. A key is RSA, missing or out of reach where its selector is
 * "rsa", "gone" or "slow", else Ed25519.
 */

#include <assert.h>
#include <stdint.h>

#include "lib/mailauth/arc.h"

#define NOW 1528637909
#define WAVES_MAX 60
#define SEALS_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8463 appendix A. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                          "-----END PRIVATE KEY-----\n";
static const char ed25519[] = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
static const char rsa[] =
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6Np"
    "P3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBs"
    "CR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3Q"
    "IDAQAB";

/* A message on its way. */
struct mail {
    struct arena *arena;
    const struct header_field *fields;
    size_t count;
    struct text body;
    size_t piece; /* how the body is cut */
};

static void answer(struct answers *answers)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(answers, &questions);

    for (size_t i = 0; i < count; i++) {
        bool is_rsa = text_starts_with(questions[i].name, TEXT("rsa."));
        const struct dns_record record = {.text = text_from_string(is_rsa ? rsa : ed25519)};
        struct dns_answer given = {.status = DNS_FOUND, .count = 1, .records = &record};

        if (text_starts_with(questions[i].name, TEXT("gone.")))
            given = (struct dns_answer){.status = DNS_NO_NAME};
        else if (text_starts_with(questions[i].name, TEXT("slow.")))
            given = (struct dns_answer){.status = DNS_TEMPORARY};
        answers_put(answers, questions[i].name, questions[i].type, &given);
    }
}

static void check(const struct arc_verdict *verdict)
{
    assert((verdict->result == AUTH_FAIL) == (verdict->reason != NULL));
    assert((verdict->result == AUTH_PASS) == (verdict->sealer.len != 0));
    assert((verdict->result == AUTH_PASS) == (verdict->witnesses != NULL));
    assert(
        verdict->result == AUTH_FAIL || (verdict->result == AUTH_PASS) == (verdict->instance != 0));
    assert(verdict->result == AUTH_FAIL || !verdict->has_ended);
}

/* The message whole, its chain judged, ready to be sealed. */
static struct message *judge(const struct mail *mail, struct arc_verdict *verdict_r)
{
    const struct message_limits limits = {
        2 * MESSAGE_HEADER_BYTES_DEFAULT, 2 * MESSAGE_FIELDS_DEFAULT};
    struct message *message = message_new(mail->arena, &limits);
    struct answers *answers = answers_new(mail->arena);
    struct arc_chain *chain;
    unsigned waves = 0;

    for (size_t i = 0; i < mail->count; i++)
        (void)message_add_field(message, &mail->fields[i]);
    chain = arc_find(message, NULL, mail->arena);
    assert(arc_seal_prepare(message) == ERR_NONE);
    for (struct text rest = mail->body; rest.len != 0; rest = text_skip(rest, mail->piece))
        message_add_body(message, text_head(rest, mail->piece));
    message_end_body(message);
    while (arc_evaluate(chain, answers, NOW, verdict_r) == AUTH_WAITING) {
        assert(++waves < WAVES_MAX);
        answer(answers);
    }
    check(verdict_r);
    return message;
}

/* One set on top. False where the message is none that we seal. */
static bool seal(
    struct mail *mail, const struct message *message, const struct arc_verdict *verdict)
{
    static const struct arc_seal_request request = {
        .domain = {"example.org",                        11},
        .selector = {"ed",                                 2 },
        .authserv_id = {"mx.example.org",                     14},
        .results = {"dmarc=pass header.from=example.net", 34},
        .now = NOW,
    };
    static struct private_key *key;
    struct header_field *fields = arena_alloc_zero(mail->arena, mail->count + 3, sizeof *fields);
    struct arc_seal made;
    enum err err;

    if (key == NULL)
        assert(private_key_parse(text_from_string(pem), false, &key, NULL) == ERR_NONE);
    err = arc_seal_format(message, verdict, &request, key, mail->arena, &made, NULL);
    assert(err == ERR_NONE || err == ERR_REFUSED);
    if (err != ERR_NONE)
        return false;
    assert(!verdict->has_ended);
    fields[0] = header_field_make(TEXT("ARC-Seal"), made.seal, mail->arena);
    fields[1] = header_field_make(TEXT("ARC-Message-Signature"), made.message, mail->arena);
    fields[2] = header_field_make(TEXT("ARC-Authentication-Results"), made.results, mail->arena);
    for (size_t i = 0; i < mail->count; i++)
        fields[3 + i] = mail->fields[i];
    mail->fields = fields;
    mail->count += 3;
    return true;
}

/* True where there is a set more. */
static bool hand_on(struct mail *mail)
{
    struct arc_verdict before, behind;
    struct message *message = judge(mail, &before);
    bool is_sealed = seal(mail, message, &before);

    message_done(&message);
    if (!is_sealed)
        return false;
    message = judge(mail, &behind);
    message_done(&message);
    assert(behind.instance == before.instance + 1);
    assert(behind.result == (before.result == AUTH_FAIL ? AUTH_FAIL : AUTH_PASS));
    assert(behind.has_ended == (before.result == AUTH_FAIL));
    if (behind.result == AUTH_PASS)
        assert(
            behind.covers_author && text_equals(behind.witnesses[0].author, TEXT("example.net")));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mail mail;

    if (size == 0)
        return 0;
    mail.arena = arena_new();
    mail.piece = (data[0] >> 2) + 1U;
    if (message_split_file(text_from_bytes((const char *)data + 1, size - 1), mail.arena,
            &mail.fields, &mail.count, &mail.body) == ERR_NONE)
        for (unsigned i = 0; i < SEALS_MAX && i <= (data[0] & 3U) && hand_on(&mail); i++)
            continue;
    arena_free(&mail.arena);
    return 0;
}
