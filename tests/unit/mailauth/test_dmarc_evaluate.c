/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/dmarc.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/unit.h"

#define RECORDS_MAX 6
#define IDENTIFIERS_MAX 3
#define WAVES_MAX 4

enum method { END, SPF, DKIM, SPF_TEMPORARY, DKIM_TEMPORARY };

static const struct row {
    const char *name, *author;
    struct canned_record zone[RECORDS_MAX];
    struct {
        enum method method;
        const char *domain;
    } identifiers[IDENTIFIERS_MAX];
    const char *result, *policy, *policy_domain;
    size_t waves;
} rows[] = {
    {"no record",                                                  "example.com",            {{0}},                                                      {{DKIM, "example.com"}},        "none",      "none",       "",                       1},
    {"DKIM passes",                                                "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "example.com"}},                                                                                                                                                            "pass",      "reject",     "example.com",            1},
    {"SPF passes",                                                 "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{SPF, "EXAMPLE.com"}},                                                                                                                                                             "pass",      "reject",     "example.com",            1},
    {"nothing passes",                                             "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},      {{0}},
     "fail",                                                                                                                                                                                          "reject",     "example.com",            1},
    {"another domain passes",                                      "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "evil.com"}, {SPF, "evil.com"}},                                                                                                                                            "fail",      "reject",     "example.com",            1},
    {"a name that only ends alike",                                "bank.com",               {{"_dmarc.bank.com", "TXT", "v=DMARC1; p=reject"}},
     {{SPF, "evilbank.com"}},                                                                                                                                                            "fail",      "reject",     "bank.com",               1},
    {"the parent passes, relaxed",                                 "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                                              {{DKIM, "example.com"}},        "pass",
     "reject",                                                                                                                                                                                                      "example.com",            1},
    {"a child passes, relaxed",                                    "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                                              {{DKIM, "news.example.com"}},   "pass",
     "reject",                                                                                                                                                                                                      "example.com",            2},
    {"a sibling passes, relaxed",                                  "a.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                                              {{SPF, "b.example.com"}},       "pass",
     "reject",                                                                                                                                                                                                      "example.com",            2},
    {"a sibling of its own organization",                          "a.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.b.example.com", "TXT", "v=DMARC1; p=none; psd=n"}},
     {{SPF, "b.example.com"}},                                                                                                                                                           "fail",      "reject",     "example.com",            2},
    {"siblings below a public suffix",                             "a.hosting.com",
     {{"_dmarc.hosting.com", "TXT", "v=DMARC1; p=reject; psd=y"}},                                                                                       {{DKIM, "b.hosting.com"}},
     "fail",                                                                                                                                                                                          "reject",     "hosting.com",            1},
    {"the public suffix itself",                                   "a.hosting.com",
     {{"_dmarc.hosting.com", "TXT", "v=DMARC1; p=reject; psd=y"}},                                                                                       {{DKIM, "hosting.com"}},
     "fail",                                                                                                                                                                                          "reject",     "hosting.com",            1},
    {"siblings below a top-level name without psd",                "bank.com",
     {{"_dmarc.bank.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.com", "TXT", "v=DMARC1; p=none"}},
     {{SPF, "evil.com"}},                                                                                                                                                                "fail",      "reject",     "bank.com",               1},
    {"a top-level name's record without psd",                      "bank.com",
     {{"_dmarc.com", "TXT", "v=DMARC1; p=none; sp=reject"}},                                                                                             {{SPF, "evil.com"}},            "fail",
     "reject",                                                                                                                                                                                                      "com",                    1},
    {"a cousin passes beside a name that does not answer",         "a.mail.example.com",
     {{"_dmarc.a.mail.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.mail.example.com", "TIMEOUT", ""}},
     {{DKIM, "other.example.com"}},                                                                                                                                                      "temperror", "reject",     "a.mail.example.com",     1},
    {"strict DKIM and a child",                                    "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; adkim=s"}},
     {{DKIM, "mail.example.com"}},                                                                                                                                                       "fail",      "reject",     "example.com",            1},
    {"strict DKIM and the same",                                   "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; adkim=s"}},                                                                                     {{DKIM, "example.com"}},
     "pass",                                                                                                                                                                                          "reject",     "example.com",            1},
    {"strict SPF and a child",                                     "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; aspf=s"}},                                                                                      {{SPF, "mail.example.com"}},
     "fail",                                                                                                                                                                                          "reject",     "example.com",            1},
    {"strict SPF, relaxed DKIM",                                   "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; aspf=s"}},
     {{SPF, "mail.example.com"}, {DKIM, "mail.example.com"}},                                                                                                                            "pass",      "reject",     "example.com",
     2                                                                                                                                                                                                                                         },
    {"a pass before a stranger",                                   "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "example.com"}, {DKIM, "evil.com"}},                                                                                                                                        "pass",      "reject",     "example.com",            1},
    {"U-label",                                                    "xn--mnchen-3ya.example",
     {{"_dmarc.xn--mnchen-3ya.example", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "m\xc3\xbcnchen.example"}},                                                                                                                                                 "pass",      "reject",     "xn--mnchen-3ya.example", 1},
    {"no domain at all",                                           "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, ""}, {SPF, "a..b"}},                                                                                                                                                        "fail",      "reject",     "example.com",            1},

    {"own record's p",                                             "mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=quarantine; sp=none"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{0}},                                                                                                                                                                              "fail",      "quarantine", "mail.example.com",       1},
    {"own record, relaxed by the organization",                    "mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=quarantine"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "example.com"}},                                                                                                                                                            "pass",      "quarantine", "mail.example.com",       1},
    {"sp of the organization",                                     "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; sp=quarantine; np=none"},
            {"mail.example.com", "A", "192.0.2.1"}},
     {{0}},                                                                                                                                                                              "fail",      "quarantine", "example.com",            1},
    {"np where the author does not exist",                         "gone.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; sp=quarantine; np=reject"}},                                                                      {{0}},
     "fail",                                                                                                                                                                                          "reject",     "example.com",            1},
    {"np falls back to sp",                                        "gone.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; sp=quarantine"}},                                                                                 {{0}},                          "fail",
     "quarantine",                                                                                                                                                                                                  "example.com",            1},
    {"np falls back to p",                                         "gone.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                                              {{0}},                          "fail",      "reject",
     "example.com",                                                                                                                                                                                                                           1},
    {"a name without records exists",                              "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; np=reject"},
            {"mail.example.com", "NAME", ""}},
     {{0}},                                                                                                                                                                              "fail",      "none",       "example.com",            1},
    {"existence could not be told",                                "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; np=reject"},
            {"mail.example.com", "TIMEOUT", ""}},
     {{0}},                                                                                                                                                                              "temperror", "none",       "example.com",            1},
    {"existence does not matter to a pass",                        "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; np=reject"},
            {"mail.example.com", "TIMEOUT", ""}},
     {{DKIM, "mail.example.com"}},                                                                                                                                                       "pass",      "none",       "example.com",            1},
    {"the public suffix's record",                                 "example.bank",
     {{"_dmarc.bank", "TXT", "v=DMARC1; p=none; sp=quarantine; np=reject; psd=y"},
            {"example.bank", "NAME", ""}},
     {{0}},                                                                                                                                                                              "fail",      "quarantine", "bank",                   1},
    {"the organization's before the public suffix's",              "mail.example.bank",
     {{"_dmarc.bank", "TXT", "v=DMARC1; p=reject; psd=y"},
            {"_dmarc.example.bank", "TXT", "v=DMARC1; p=none"}},
     {{0}},                                                                                                                                                                              "fail",      "none",       "example.bank",           1},
    {"records in between are no policy",                           "a.b.example.com",
     {{"_dmarc.b.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=none"}},
     {{0}},                                                                                                                                                                              "fail",      "none",       "example.com",            1},

    {"t=y on reject",                                              "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; t=y"}},
     {{0}},                                                                                                                                                                              "fail",      "quarantine", "example.com",            1},
    {"t=y on quarantine",                                          "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=quarantine; t=y"}},                                                                                     {{0}},                          "fail",      "none",
     "example.com",                                                                                                                                                                                                                           1},
    {"t=y on none",                                                "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; t=y"}},   {{0}},
     "fail",                                                                                                                                                                                          "none",       "example.com",            1},
    {"t=y on np",                                                  "gone.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; np=reject; t=y"}},                                                                                {{0}},                          "fail",
     "quarantine",                                                                                                                                                                                                  "example.com",            1},

    {"unusable record",                                            "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=wrong"}},
     {{DKIM, "example.com"}},                                                                                                                                                            "permerror", "none",       "example.com",            1},
    {"unusable record with rua",                                   "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=wrong; rua=mailto:d@example.com"}},                                                                     {{0}},
     "fail",                                                                                                                                                                                          "none",       "example.com",            1},
    {"several records",                                            "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=none"}},
     {{DKIM, "example.com"}},                                                                                                                                                            "none",      "none",       "",                       1},
    {"the author's lookup fails",                                  "example.com",            {{"_dmarc.example.com", "TIMEOUT", ""}},
     {{DKIM, "example.com"}},                                                                                                                                                            "temperror", "none",       "",                       1},
    {"a lookup above fails, no own record",                        "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}, {"_dmarc.com", "TIMEOUT", ""}},
     {{DKIM, "mail.example.com"}},                                                                                                                                                       "temperror", "none",       "",                       1},
    {"a lookup above fails, the same domain",                      "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}, {"_dmarc.com", "TIMEOUT", ""}},
     {{DKIM, "example.com"}},                                                                                                                                                            "pass",      "reject",     "example.com",            1},
    {"a lookup above fails, a child",                              "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}, {"_dmarc.com", "TIMEOUT", ""}},
     {{DKIM, "a.example.com"}},                                                                                                                                                          "temperror", "reject",     "example.com",            1},
    {"the top-level lookup fails, a stranger",                     "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}, {"_dmarc.com", "TIMEOUT", ""}},
     {{SPF, "evil.net"}, {DKIM_TEMPORARY, "evil.org"}},                                                                                                                                  "fail",      "reject",     "example.com",            1},
    {"the top-level lookup fails, a neighbour",                    "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}, {"_dmarc.com", "TIMEOUT", ""}},
     {{SPF, "evil.com"}, {DKIM, "com"}},                                                                                                                                                 "fail",      "reject",     "example.com",            1},
    {"the top-level lookup fails, a sibling",                      "a.example.com",
     {{"_dmarc.a.example.com", "TXT", "v=DMARC1; p=reject"}, {"_dmarc.com", "TIMEOUT", ""}},
     {{SPF, "b.example.com"}},                                                                                                                                                           "temperror", "reject",     "a.example.com",          1},
    {"a lookup in between fails, a sibling",                       "a.b.example.com",
     {{"_dmarc.a.b.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.b.example.com", "TIMEOUT", ""}},
     {{SPF, "c.b.example.com"}},                                                                                                                                                         "temperror", "reject",     "a.b.example.com",        1},
    {"a lookup in between fails, a cousin",                        "a.b.example.com",
     {{"_dmarc.a.b.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.b.example.com", "TIMEOUT", ""}},
     {{SPF, "c.example.com"}},                                                                                                                                                           "fail",      "reject",     "a.b.example.com",        1},
    {"a lookup above fails, strict",                               "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; adkim=s"},
            {"_dmarc.com", "TIMEOUT", ""}},
     {{DKIM, "a.example.com"}},                                                                                                                                                          "fail",      "reject",     "example.com",            1},
    {"a stranger below the same top-level name, beside a failure", "a.example.com",
     {{"_dmarc.a.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.example.com", "TIMEOUT", ""},
            {"_dmarc.com", "TXT", "v=DMARC1; p=none; psd=n"}},
     {{DKIM, "other.com"}},                                                                                                                                                              "fail",      "reject",     "a.example.com",          1},
    {"the identifier's walk fails",                                "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.a.example.com", "TIMEOUT", ""}},
     {{DKIM, "a.example.com"}},                                                                                                                                                          "temperror", "reject",     "example.com",            2},
    {"the identifier's walk fails beside a pass",                  "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.a.example.com", "TIMEOUT", ""}},
     {{DKIM, "a.example.com"}, {SPF, "example.com"}},                                                                                                                                    "pass",      "reject",     "example.com",            2},
    {"a key does not answer",                                      "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM_TEMPORARY, "example.com"}},                                                                                                                                                  "temperror", "reject",     "example.com",            1},
    {"SPF does not answer",                                        "example.com",            {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{SPF_TEMPORARY, "example.com"}},                                                                                                                                                   "temperror", "reject",     "example.com",            1},
    {"a stranger's key does not answer",                           "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                                              {{DKIM_TEMPORARY, "evil.com"}},
     "fail",                                                                                                                                                                                          "reject",     "example.com",            1},
    {"a key does not answer beside a pass",                        "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM_TEMPORARY, "example.com"}, {SPF, "example.com"}},                                                                                                                            "pass",      "reject",     "example.com",
     1                                                                                                                                                                                                                                         },
    {"no domain name",                                             "",                       {{0}},                                                      {{0}},                          "permerror", "none",       "",                       0},
};

static size_t read_identifiers(const struct row *row, struct dmarc_identifier *identifiers)
{
    size_t count = 0;

    for (; count < IDENTIFIERS_MAX && row->identifiers[count].method != END; count++) {
        enum method method = row->identifiers[count].method;

        identifiers[count] = (struct dmarc_identifier){
            .domain = text_from_string(row->identifiers[count].domain),
            .is_spf = method == SPF || method == SPF_TEMPORARY,
            .is_temporary = method == SPF_TEMPORARY || method == DKIM_TEMPORARY,
        };
    }
    return count;
}

static void fill(struct canned *canned, const struct row *row)
{
    for (size_t i = 0; i < RECORDS_MAX && row->zone[i].name != NULL; i++)
        canned_add(canned, text_from_string(row->zone[i].name), text_from_string(row->zone[i].type),
            text_from_string(row->zone[i].data));
}

static void test_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct canned *canned = canned_new(arena);
        struct answers *answers = answers_new(arena);
        struct dmarc_identifier identifiers[IDENTIFIERS_MAX];
        struct dmarc_query query = {.author_domain = text_from_string(rows[i].author),
            .identifiers = identifiers,
            .identifier_count = read_identifiers(&rows[i], identifiers)};
        struct dmarc_verdict verdict;
        size_t waves = 0;

        unit_row(rows[i].name);
        fill(canned, &rows[i]);
        dmarc_prefetch(query.author_domain, answers, arena);
        while (dmarc_evaluate(&query, answers, arena, &verdict) == AUTH_WAITING) {
            assert_true(waves++ < WAVES_MAX);
            assert_int_not_equal(canned_answer_wave(canned, answers), 0);
        }
        assert_string_equal(auth_result_word(verdict.result), rows[i].result);
        assert_string_equal(dmarc_policy_word(verdict.policy), rows[i].policy);
        assert_text_equal(verdict.policy_domain, rows[i].policy_domain);
        assert_int_equal(waves, rows[i].waves);
        arena_free(&arena);
    }
}

/* Existence is asked for by the evaluation itself, and only where it matters. */
static void test_without_prefetch(void **state)
{
    static const struct {
        const char *name, *record;
        size_t questions;
        enum dmarc_policy policy;
        const char *tag;
    } zones[] = {
        {"_dmarc.example.com",      "v=DMARC1; p=none; np=reject",       4, DMARC_POLICY_REJECT,     "np"},
        {"_dmarc.example.com",      "v=DMARC1; p=none",                  3, DMARC_POLICY_NONE,       "sp"},
        {"_dmarc.gone.example.com", "v=DMARC1; p=quarantine; np=reject", 3, DMARC_POLICY_QUARANTINE,
         "p"                                                                                             },
    };

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct arena *arena = arena_new();
        struct canned *canned = canned_new(arena);
        struct answers *answers = answers_new(arena);
        struct dmarc_query query = {.author_domain = TEXT("gone.example.com")};
        struct dmarc_verdict verdict;

        unit_row(zones[i].record);
        canned_add(canned, text_from_string(zones[i].name), TEXT("TXT"),
            text_from_string(zones[i].record));
        while (dmarc_evaluate(&query, answers, arena, &verdict) == AUTH_WAITING)
            assert_int_not_equal(canned_answer_wave(canned, answers), 0);
        assert_int_equal(answers_asked_count(answers), zones[i].questions);
        assert_int_equal(verdict.policy, zones[i].policy);
        assert_string_equal(verdict.policy_tag, zones[i].tag);
        arena_free(&arena);
    }
}

/* Which of the methods aligned is told apart, for reports; and the policy before t. */
static void test_details(void **state)
{
    static const struct dmarc_identifier identifiers[] = {
        {.domain = {"a.example.com", 13}, .is_spf = true },
        {.domain = {"example.com", 11},   .is_spf = false},
    };
    struct arena *arena = arena_new();
    struct canned *canned = canned_new(arena);
    struct answers *answers = answers_new(arena);
    struct dmarc_query query = {
        .author_domain = TEXT("example.com"), .identifiers = identifiers, .identifier_count = 2};
    struct dmarc_verdict verdict;

    (void)state;
    canned_add(
        canned, TEXT("_dmarc.example.com"), TEXT("TXT"), TEXT("v=DMARC1; p=reject; aspf=s; t=y"));
    dmarc_evaluate(&query, answers, arena, &verdict);
    canned_answer_wave(canned, answers);
    assert_int_equal(dmarc_evaluate(&query, answers, arena, &verdict), AUTH_DONE);
    assert_false(verdict.spf_aligned);
    assert_true(verdict.dkim_aligned);
    assert_int_equal(verdict.published, DMARC_POLICY_REJECT);
    assert_int_equal(verdict.policy, DMARC_POLICY_QUARANTINE);
    assert_text_equal(verdict.organizational_domain, "example.com");
    assert_text_equal(verdict.record->raw, "v=DMARC1; p=reject; aspf=s; t=y");
    assert_null(verdict.problem);
    arena_free(&arena);
}

static void test_prefetch_of_nothing(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);

    (void)state;
    dmarc_prefetch(TEXT(""), answers, arena);
    dmarc_prefetch(TEXT("a b"), answers, arena);
    assert_int_equal(answers_missing_count(answers), 0);
    dmarc_prefetch(TEXT("a.b.c"), answers, arena);
    assert_int_equal(answers_missing_count(answers), 4);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_results), cmocka_unit_test(test_without_prefetch),
    cmocka_unit_test(test_details), cmocka_unit_test(test_prefetch_of_nothing))
