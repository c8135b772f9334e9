/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailauth/chain.h"

#define WAVES_MAX 4

static const struct canned_record zone[] = {
    {"s1._domainkey.one.example",   "TXT",     dkim_rsa_record    },
    {"s1._domainkey.two.example",   "TXT",     dkim_ed25519_record},
    {"s1._domainkey.slow.example",  "TIMEOUT", ""                 },
    {"s1._domainkey.short.example", "TXT",     dkim_short_record  },
    {NULL,                          NULL,      NULL               },
};

const struct chain_sealer chain_one = {"one.example", dkim_rsa_pem};
const struct chain_sealer chain_two = {"two.example", dkim_ed25519_pem};
const struct chain_sealer chain_tested = {"tested.example", dkim_ed25519_pem};
const struct chain_sealer chain_slow = {"slow.example", dkim_rsa_pem};
const struct chain_sealer chain_nobody = {"none.example", dkim_rsa_pem};
const struct chain_sealer chain_brief = {"short.example", dkim_short_pem};

static void cut_header(struct chain_run *run)
{
    char *value = arena_alloc(run->arena, MESSAGE_HEADER_BYTES_DEFAULT);
    struct header_field field;

    memset(value, 'x', MESSAGE_HEADER_BYTES_DEFAULT);
    field = header_field_make(
        TEXT("X-Long"), text_from_bytes(value, MESSAGE_HEADER_BYTES_DEFAULT), run->arena);
    assert_int_not_equal(message_add_field(run->message, &field), ERR_NONE);
    assert_true(message_is_truncated(run->message));
}

void chain_judge(struct chain_run *run, struct text text)
{
    struct answers *answers = answers_new(run->arena);
    struct arc_chain *chain;
    struct text body;

    run->waves = 0;
    message_done(&run->message);
    run->message = dkim_message(run->arena, text, &body);
    if (run->is_truncated)
        cut_header(run);
    for (size_t i = 0; i < run->hashes; i++)
        assert_int_equal(message_want_body_hash(run->message, CANON_SIMPLE, i), ERR_NONE);
    chain = arc_find(run->message, run->rules, run->arena);
    if (!run->is_not_sealed)
        (void)arc_seal_prepare(run->message);
    message_add_body(run->message, body);
    message_end_body(run->message);
    while (arc_evaluate(chain, answers, DKIM_NOW, &run->verdict) == AUTH_WAITING) {
        assert_true(++run->waves < WAVES_MAX);
        assert_true(canned_answer_wave(run->canned, answers) != 0);
    }
    run->asked = answers_asked_count(answers);
}

void chain_start(struct chain_run *run)
{
    *run = (struct chain_run){.arena = arena_new()};
    run->canned = canned_new(run->arena);
    canned_add_table(run->canned, zone);
    assert_true(canned_add(run->canned, TEXT("s1._domainkey.tested.example"), TEXT("TXT"),
        arena_print(run->arena, "%s; t=y", dkim_ed25519_record)));
}

void chain_finish(struct chain_run *run)
{
    message_done(&run->message);
    arena_free(&run->arena);
}

enum err chain_seal_results(struct chain_run *run, struct text text,
    const struct chain_sealer *sealer, const char *names, const char *results,
    struct text *sealed_r)
{
    const struct arc_seal_request request = {.domain = text_from_string(sealer->domain),
        .selector = text_from_string(run->selector != NULL ? run->selector : "s1"),
        .authserv_id = TEXT("mx.example"),
        .results = text_from_string(results),
        .field_list = text_from_string(names),
        .now = run->has_no_time ? 0 : DKIM_NOW};
    struct private_key *key = NULL;
    struct failure failure;
    struct arc_seal made;
    enum err err;

    assert_int_equal(
        private_key_parse(text_from_string(sealer->pem), true, &key, &failure), ERR_NONE);
    chain_judge(run, text);
    err = arc_seal_format(run->message, &run->verdict, &request, key, run->arena, &made, &failure);
    private_key_release(&key);
    if (err != ERR_NONE)
        return err;
    *sealed_r = arena_print(run->arena,
        "ARC-Seal:%.*s\r\nARC-Message-Signature:%.*s\r\n"
        "ARC-Authentication-Results:%.*s\r\n%.*s",
        TEXT_ARGS(made.seal), TEXT_ARGS(made.message), TEXT_ARGS(made.results), TEXT_ARGS(text));
    return ERR_NONE;
}

enum err chain_seal(struct chain_run *run, struct text text, const struct chain_sealer *sealer,
    const char *names, struct text *sealed_r)
{
    return chain_seal_results(
        run, text, sealer, names, "spf=pass smtp.mailfrom=example.net", sealed_r);
}

struct text chain_replaced(
    struct arena *arena, struct text text, const char *old, const char *replacement)
{
    size_t at = text_find_text(text, text_from_string(old));

    assert_true(at != text.len);
    return arena_print(arena, "%.*s%s%.*s", (int)at, text.data, replacement,
        TEXT_ARGS(text_skip(text, at + strlen(old))));
}
