/* SPDX-License-Identifier: MIT */
#include "lib/engines/libopendmarc.h"

#include "lib/engines/dmarc-differences.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/unit.h"

#define RECORDS_MAX 4
#define IDENTIFIERS_MAX 4
#define WAVES_MAX 6

enum method { END, SPF, DKIM, DKIM_TEMPORARY };

/* theirs: what the library says alone; NULL: it is not asked. */
static const struct row {
    const char *name, *author;
    struct canned_record zone[RECORDS_MAX];
    struct {
        enum method method;
        const char *domain;
    } identifiers[IDENTIFIERS_MAX];
    const char *result, *policy, *theirs;
} rows[] = {
    {"no record",                              "example.com",     {{0}},                                                                 {{DKIM, "example.com"}},           "none",      "none",       NULL        },
    {"DKIM passes",                            "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "example.com"}},                                                                                                                                               "pass",      "reject",     "pass"      },
    {"SPF passes",                             "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{SPF, "example.com"}},                                                                                                                                                "pass",      "reject",     "pass"      },
    {"nothing passes",                         "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{END, NULL}},                                                                                                                                                         "fail",      "reject",     "reject"    },
    {"a stranger passes",                      "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=quarantine"}},
     {{SPF, "evil.org"}, {DKIM, "evil.org"}},                                                                                                                               "fail",      "quarantine", "quarantine"},
    {"the parent passes",                      "m.example.com",   {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "example.com"}},                                                                                                                                               "pass",      "reject",     "pass"      },
    {"the policy of below",                    "m.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; sp=reject"},
            {"m.example.com", "A", "192.0.2.1"}},
     {{END, NULL}},                                                                                                                                                         "fail",      "reject",     "reject"    },
    {"a name of one letter and its end",       "x.com",           {{"_dmarc.x.com", "TXT", "v=DMARC1; p=reject"}},
     {{SPF, "evil.com"}},                                                                                                                                                   "fail",      "reject",     "pass"      },
    {"the other way round",                    "bank.com",        {{"_dmarc.bank.com", "TXT", "v=DMARC1; p=reject"}},
     {{SPF, "x.com"}},                                                                                                                                                      "fail",      "reject",     "pass"      },
    {"strict, and a child passes",             "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; adkim=s"}},
     {{DKIM, "mail.example.com"}},                                                                                                                                          "fail",      "reject",     "reject"    },
    {"a pass before a stranger",               "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "example.com"}, {DKIM, "evil.org"}},                                                                                                                           "pass",      "reject",     "pass"      },
    {"a bad sp=",                              "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; sp=x"}},
     {{DKIM, "example.com"}},                                                                                                                                               "permerror", "none",       "unread"    },
    {"t=y, unknown to it",                     "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; t=y"}},                                                                         {{END, NULL}},                     "fail",
     "quarantine",                                                                                                                                                                                     "reject"    },
    {"np=, unknown to it",                     "n.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; np=reject"}},                                                                     {{END, NULL}},                     "fail",
     "none",                                                                                                                                                                                           "none"      },
    {"siblings",                               "a.example.com",   {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     {{DKIM, "b.example.com"}},                                                                                                                                             "pass",      "reject",     "pass"      },
    {"an aligned key does not answer",         "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                              {{DKIM_TEMPORARY, "example.com"}},
     "temperror",                                                                                                                                                                        "reject",     NULL        },
    {"the record's lookup fails",              "example.com",     {{"_dmarc.example.com", "TIMEOUT", ""}},
     {{DKIM, "example.com"}},                                                                                                                                               "temperror", "none",       NULL        },
    {"no usable policy",                       "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=x"}},
     {{DKIM, "example.com"}},                                                                                                                                               "permerror", "none",       NULL        },
    {"a bad adkim=",                           "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject; adkim=x"}},
     {{DKIM, "example.com"}},                                                                                                                                               "permerror", "none",       "unread"    },
    {"no p=",                                  "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; rua=mailto:a@example.com"}},
     {{DKIM, "example.com"}},                                                                                                                                               "permerror", "none",       "unread"    },
    {"a part of a policy",                     "example.com",     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=rej"}},
     {{DKIM, "example.com"}},                                                                                                                                               "permerror", "none",       NULL        },
    {"siblings of an organization of its own", "a.b.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},                                                                              {{DKIM, "c.d.example.com"}},       "fail",
     "reject",                                                                                                                                                                                         "reject"    },
};

static const char *const words[] = {"pass", "none", "quarantine", "reject", "unread"};

static void read_row(
    const struct row *row, struct dmarc_identifier *identifiers, struct dmarc_query *query)
{
    *query = (struct dmarc_query){
        .author_domain = text_from_string(row->author), .identifiers = identifiers};
    for (size_t i = 0; i < IDENTIFIERS_MAX && row->identifiers[i].domain != NULL; i++)
        identifiers[query->identifier_count++] = (struct dmarc_identifier){
            .domain = text_from_string(row->identifiers[i].domain),
            .is_spf = row->identifiers[i].method == SPF,
            .is_temporary = row->identifiers[i].method == DKIM_TEMPORARY,
        };
}

static struct dmarc_verdict evaluate(const struct dmarc_engine *engine,
    const struct dmarc_query *query, struct canned *canned, struct answers *answers,
    struct arena *arena)
{
    struct dmarc_verdict verdict;
    int waves = 0;

    while (engine->evaluate(query, answers, arena, &verdict) == AUTH_WAITING) {
        assert_true(++waves < WAVES_MAX);
        assert_int_not_equal(canned_answer_wave(canned, answers), 0);
    }
    return verdict;
}

static void test_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct answers *answers = answers_new(arena);
        struct canned *canned = canned_new(arena);
        struct dmarc_identifier identifiers[IDENTIFIERS_MAX];
        struct dmarc_verdict verdict;
        struct dmarc_query query;

        unit_row(rows[i].name);
        canned_add_table(canned, rows[i].zone);
        read_row(&rows[i], identifiers, &query);
        verdict = evaluate(&libopendmarc_engine, &query, canned, answers, arena);
        assert_string_equal(auth_result_word(verdict.result), rows[i].result);
        assert_string_equal(dmarc_policy_word(verdict.policy), rows[i].policy);
        verdict = evaluate(&dmarc_engine_own, &query, canned, answers, arena);
        if (rows[i].theirs != NULL)
            assert_string_equal(words[libopendmarc_ask(&query, &verdict, arena)], rows[i].theirs);
        arena_free(&arena);
    }
}

/* Each entry of the table, by a row of the same tests; NULL: both say the same. */
static void test_differences(void **state)
{
    static const struct {
        const char *row, *entry;
    } shown[] = {
        {"DKIM passes",                            NULL                    },
        {"a name of one letter and its end",       "alignment of strangers"},
        {"the other way round",                    "alignment of strangers"},

        {"a bad adkim=",                           "an error in one tag"   },
        {"t=y, unknown to it",                     "t=y"                   },
        {"np=, unknown to it",                     "np="                   },
        {"no p=",                                  "no p="                 },
        {"an aligned key does not answer",         "a lookup failed"       },
        {"a part of a policy",                     "unusable record"       },
        {"siblings of an organization of its own", "alignment by the walk" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct arena *arena = arena_new();
        struct answers *answers = answers_new(arena);
        struct canned *canned = canned_new(arena);
        struct dmarc_identifier identifiers[IDENTIFIERS_MAX];
        struct dmarc_verdict verdict;
        struct dmarc_query query;
        struct dmarc_difference_input input = {&query, &verdict};
        const struct difference *entry = NULL;
        const struct row *row = rows;
        struct text ours, theirs;

        unit_row(shown[i].row);
        while (strcmp(row->name, shown[i].row) != 0) {
            row++;
            assert_true(row < rows + sizeof rows / sizeof *rows);
        }
        canned_add_table(canned, row->zone);
        read_row(row, identifiers, &query);
        verdict = evaluate(&dmarc_engine_own, &query, canned, answers, arena);
        ours = dmarc_difference_ours(&verdict, arena);
        theirs = dmarc_difference_theirs(libopendmarc_ask(&query, &verdict, arena));
        print_message("# %.*s, %.*s\n", TEXT_ARGS(ours), TEXT_ARGS(theirs));
        if (!text_equals(ours, theirs))
            entry = difference_explain(dmarc_differences, &input, ours, theirs);
        assert_string_equal(
            entry != NULL ? entry->name : "", shown[i].entry != NULL ? shown[i].entry : "");
        arena_free(&arena);
    }
}

static int open_library(void **state)
{
    struct failure failure;

    (void)state;
    return libopendmarc_open(&failure) == ERR_NONE ? 0 : -1;
}

UNIT_MAIN(cmocka_unit_test_setup(test_results, open_library),
    cmocka_unit_test_setup(test_differences, open_library))
