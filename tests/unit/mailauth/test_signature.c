/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailauth/dkim.h"

static void test_rfc6376_example(void **state)
{
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    dkim_start(&run, dkim_rfc6376_message, NULL);
    dkim_answer(&run, "brisbane._domainkey.example.com", dkim_rfc6376_record);
    dkim_body(&run, 1);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    if (verdict.reason)
        print_message("# %s\n", verdict.reason);
    assert_int_equal(verdict.result, AUTH_PASS);
    assert_text_equal(verdict.identity, "joe@football.example.com");
    assert_text_equal(verdict.b_head, "AuUoFEfD");
    dkim_done(&run);
}

static void test_rfc8463_example(void **state)
{
    struct dkim_run run;

    (void)state;
    dkim_start(&run, dkim_rfc8463_message, NULL);
    dkim_answer(&run, "brisbane._domainkey.football.example.com", dkim_ed25519_record);
    dkim_answer(&run, "test._domainkey.football.example.com", dkim_rsa_record);
    dkim_body(&run, 0);
    assert_int_equal(run.signatures.count, 2);
    for (size_t i = 0; i < 2; i++) {
        struct signature_verdict verdict = dkim_verdict(&run, i, DKIM_NOW);
        if (verdict.reason)
            print_message("# %s\n", verdict.reason);
        assert_int_equal(verdict.result, AUTH_PASS);
    }
    dkim_done(&run);
}
UNIT_MAIN(cmocka_unit_test(test_rfc6376_example), cmocka_unit_test(test_rfc8463_example))
