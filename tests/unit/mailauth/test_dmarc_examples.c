/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/dmarc.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/unit.h"

#define RELAXED "v=DMARC1; p=reject"
#define STRICT "v=DMARC1; p=reject; aspf=s; adkim=s"
#define AT_EXAMPLE "_dmarc.example.com"
#define REPORTS "rua=mailto:dmarc-feedback@example.com"

/*
 * The worked examples of RFC 9989, table 1 (§4.4) and appendix B. (Those of §4.10 and 5.1.8, of the
 * tree walk, stand in test_dmarc_walk.c.) The appendix leaves the records of B.1 open.
 */
static const struct example {
    const char *name, *author, *record_at, *record;
    const char *spf, *dkim; /* domains that passed, or NULL */
    const char *result, *policy;
    bool spf_aligned, dkim_aligned;
} examples[] = {
    {"table 1, relaxed",                 "news.example.com",  AT_EXAMPLE,                RELAXED,                                NULL,               "foo.example.com", "pass",
     "reject",                                                                                                                                                                            false, true },
    {"table 1, relaxed, held to strict", "news.example.com",  AT_EXAMPLE,                STRICT,                                 NULL,
     "foo.example.com",                                                                                                                                                 "fail", "reject", false, false},
    {"table 1, strict",                  "news.example.com",  AT_EXAMPLE,                STRICT,                                 "NEWS.example.com", NULL,              "pass",
     "reject",                                                                                                                                                                            true,  false},
    {"table 1, none",                    "news.example.com",  AT_EXAMPLE,                RELAXED,                                "foo.example.net",  "foo.example.net",
     "fail",                                                                                                                                                                    "reject", false, false},
    {"B.1.1 example 1, strict",          "example.com",       AT_EXAMPLE,                STRICT,                                 "example.com",      NULL,              "pass",
     "reject",                                                                                                                                                                            true,  false},
    {"B.1.1 example 2, relaxed",         "child.example.com", AT_EXAMPLE,                RELAXED,                                "example.com",      NULL,
     "pass",                                                                                                                                                                    "reject", true,  false},
    {"B.1.1 example 2, held to strict",  "child.example.com", AT_EXAMPLE,                STRICT,                                 "example.com",
     NULL,                                                                                                                                                              "fail", "reject", false, false},
    {"B.1.1 example 3",                  "child.example.com", AT_EXAMPLE,                RELAXED,                                "example.net",      NULL,              "fail",
     "reject",                                                                                                                                                                            false, false},
    {"B.1.2 example 1, strict",          "example.com",       AT_EXAMPLE,                STRICT,                                 NULL,               "example.com",     "pass",
     "reject",                                                                                                                                                                            false, true },
    {"B.1.2 example 2, relaxed",         "child.example.com", AT_EXAMPLE,                RELAXED,                                NULL,               "example.com",
     "pass",                                                                                                                                                                    "reject", false, true },
    {"B.1.2 example 2, held to strict",  "child.example.com", AT_EXAMPLE,                STRICT,                                 NULL,
     "example.com",                                                                                                                                                     "fail", "reject", false, false},
    {"B.1.2 example 3",                  "child.example.com", AT_EXAMPLE,                RELAXED,                                NULL,               "example.net",     "fail",
     "reject",                                                                                                                                                                            false, false},
    {"B.2.1 monitoring",                 "example.com",       AT_EXAMPLE,                "v=DMARC1; p=none; " REPORTS,           NULL,               NULL,
     "fail",                                                                                                                                                                    "none",   false, false},
    {"B.2.2 failure reports",            "example.com",       AT_EXAMPLE,
     "v=DMARC1; p=none; " REPORTS "; ruf=mailto:auth-reports@example.com",                                                       NULL,               NULL,              "fail",
     "none",                                                                                                                                                                              false, false},
    {"B.2.3 to a third party",           "example.com",       AT_EXAMPLE,
     "v=DMARC1; p=none; " REPORTS "; ruf=mailto:auth-reports@thirdparty.example.net",                                            NULL,               NULL,
     "fail",                                                                                                                                                                    "none",   false, false},
    {"B.2.5 a subdomain under test",     "test.example.com",  "_dmarc.test.example.com",
     "v=DMARC1; p=quarantine; " REPORTS ",mailto:tld-test@thirdparty.example.net; t=y",                                          NULL,
     NULL,                                                                                                                                                              "fail", "none",   false, false},
    {"B.2.5 after the test",             "test.example.com",  "_dmarc.test.example.com",
     "v=DMARC1; p=reject; " REPORTS ",mailto:tld-test@thirdparty.example.net",                                                   NULL,               NULL,
     "fail",                                                                                                                                                                    "reject", false, false},
    {"B.2.5 beside the subdomain",       "example.com",       "_dmarc.test.example.com",
     "v=DMARC1; p=reject; " REPORTS,                                                                                             NULL,               NULL,              "none", "none",   false, false},
    {"B.3.1 a session",                  "example.com",       AT_EXAMPLE,                "v=DMARC1; p=reject; aspf=r; " REPORTS,
     "mail.example.com",                                                                                                                             "example.com",     "pass", "reject", true,  true },
};

static struct dmarc_verdict evaluate(const struct example *example, struct arena *arena)
{
    struct canned *canned = canned_new(arena);
    struct answers *answers = answers_new(arena);
    struct dmarc_identifier identifiers[2];
    struct dmarc_query query = {
        .author_domain = text_from_string(example->author), .identifiers = identifiers};
    struct dmarc_verdict verdict;

    if (example->spf != NULL)
        identifiers[query.identifier_count++] =
            (struct dmarc_identifier){.domain = text_from_string(example->spf), .is_spf = true};
    if (example->dkim != NULL)
        identifiers[query.identifier_count++] =
            (struct dmarc_identifier){.domain = text_from_string(example->dkim)};
    assert_true(canned_add(canned, text_from_string(example->record_at), TEXT("TXT"),
        text_from_string(example->record)));
    assert_true(canned_add(canned, query.author_domain, TEXT("NAME"), TEXT("")));
    while (dmarc_evaluate(&query, answers, arena, &verdict) == AUTH_WAITING)
        assert_int_not_equal(canned_answer_wave(canned, answers), 0);
    return verdict;
}

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct arena *arena = arena_new();
        struct dmarc_verdict verdict = evaluate(&examples[i], arena);

        unit_row(examples[i].name);
        assert_string_equal(auth_result_word(verdict.result), examples[i].result);
        assert_string_equal(dmarc_policy_word(verdict.policy), examples[i].policy);
        assert_int_equal(verdict.spf_aligned, examples[i].spf_aligned);
        assert_int_equal(verdict.dkim_aligned, examples[i].dkim_aligned);
        arena_free(&arena);
    }
}

/* B.2.4: what a third party publishes is a record of DMARC's, and no policy for anybody. */
static void test_report_record(void **state)
{
    static const char *const texts[] = {"v=DMARC1;",
        "v=DMARC1; rua=mailto:aggregate-reports@thirdparty.example.net; "
        "ruf=mailto:failure-reports@thirdparty.example.net"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct example example = {.author = "example.com",
            .record_at = "example.com._report._dmarc.thirdparty.example.net",
            .record = texts[i]};
        struct arena *arena = arena_new();

        unit_row(texts[i]);
        assert_int_equal(evaluate(&example, arena).result, AUTH_NONE);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_examples), cmocka_unit_test(test_report_record))
