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

UNIT_MAIN(cmocka_unit_test(test_listed), cmocka_unit_test(test_malformed_behind_the_bound))
