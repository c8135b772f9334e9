/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "tests/unit/mailauth/dkim.h"

/* Which of many signatures are listed, and which are looked at. */
#define LISTED_MAX 50
#define MALFORMED "DKIM-Signature: v=1; nonsense\n"

static void start(struct dkim_run *run, size_t count)
{
    struct buffer text = BUFFER_NONE;

    for (size_t i = 0; i < count; i++)
        buffer_append_string(&text, MALFORMED);
    buffer_append_string(&text, "From: a@example.org\n\nbody\n");
    dkim_start_text(run, buffer_text(&text), NULL);
    dkim_end_body(run, 0);
    buffer_done(&text);
}

static void test_listed(void **state)
{
    struct dkim_run run;

    (void)state;
    start(&run, LISTED_MAX);
    assert_int_equal(run.signatures.count, LISTED_MAX);
    dkim_done(&run);
    start(&run, LISTED_MAX + 1);
    assert_int_equal(run.signatures.count, LISTED_MAX);
    dkim_done(&run);
}

/* The topmost are those that were put there last. */
static void test_listed_from_the_top(void **state)
{
    struct buffer text = BUFFER_NONE;
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    for (int i = 0; i < LISTED_MAX + 10; i++)
        buffer_append_format(&text, "DKIM-Signature: s=s%d\r\n", i);
    buffer_append_string(&text, "From: a@example.org\n\nbody\n");
    dkim_start_text(&run, buffer_text(&text), NULL);
    assert_int_equal(run.signatures.count, LISTED_MAX);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_text_equal(verdict.selector, "s0");
    dkim_done(&run);
    buffer_done(&text);
}

/* One that is malformed says so, wherever it stands. */
static void test_malformed_behind_the_bound(void **state)
{
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    start(&run, SIGNATURES_MAX + 1);
    verdict = dkim_verdict(&run, SIGNATURES_MAX, DKIM_NOW);
    assert_int_equal(verdict.result, AUTH_PERMERROR);
    assert_string_equal(verdict.reason, "signature field malformed");
    dkim_done(&run);
}

/* Somebody's nonsense on top does not use up the places of those that can be verified. */
static void test_malformed_take_no_place(void **state)
{
    static const enum auth_result expected[] = {
        AUTH_PERMERROR, AUTH_PERMERROR, AUTH_PASS, AUTH_POLICY};
    const struct dkim_forge forge = {
        .tags = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;",
        .names = "from",
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED,
        .pem = dkim_rsa_pem};
    struct arena *arena = arena_new();
    struct text text = dkim_forged(arena, TEXT("From: a@example.org\n\nbody\n"), &forge);
    struct dkim_run run;

    (void)state;
    text =
        arena_print(arena, MALFORMED MALFORMED "%.*s", TEXT_ARGS(dkim_forged(arena, text, &forge)));
    dkim_start_text(&run, text, &(struct signature_rules){.signatures_max = 1});
    dkim_answer(&run, "s1._domainkey.example.org", dkim_rsa_record);
    dkim_end_body(&run, 0);
    assert_int_equal(run.signatures.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(dkim_verdict(&run, i, DKIM_NOW).result, expected[i]);
    dkim_done(&run);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_listed), cmocka_unit_test(test_listed_from_the_top),
    cmocka_unit_test(test_malformed_behind_the_bound),
    cmocka_unit_test(test_malformed_take_no_place))
