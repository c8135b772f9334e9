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

UNIT_MAIN(cmocka_unit_test(test_listed), cmocka_unit_test(test_listed_from_the_top),
    cmocka_unit_test(test_malformed_behind_the_bound))
