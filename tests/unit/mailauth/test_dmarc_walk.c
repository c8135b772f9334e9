/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/dmarc.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/unit.h"

#define NAMES_MAX 10
#define RECORDS_MAX 6

/* The worked examples of RFC 9989 §4.10 and 5.1.8, and every rule once. */
static const struct row {
    const char *name, *domain;
    struct canned_record zone[RECORDS_MAX];
    const char *organizational;
    bool temporary;
    const char *steps[NAMES_MAX]; /* up to where the walk stops */
} rows[] = {
    {"nothing anywhere",                 "a.mail.example.com",                   {{0}},                                              "a.mail.example.com",           false,
     {"a.mail.example.com", "mail.example.com", "example.com", "com"}                                                                                                                                                                       },
    {"thirteen labels",                  "a.b.c.d.e.f.g.h.i.j.mail.example.com", {{0}},
     "a.b.c.d.e.f.g.h.i.j.mail.example.com",                                                                                                                         false,
     {"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com",
            "h.i.j.mail.example.com", "i.j.mail.example.com", "j.mail.example.com",
            "mail.example.com", "example.com", "com"}                                                                                                                                                                                       },
    {"nine labels",                      "mail.a.b.c.d.e.f.example.com",         {{0}},                                              "mail.a.b.c.d.e.f.example.com", false,
     {"mail.a.b.c.d.e.f.example.com", "b.c.d.e.f.example.com", "c.d.e.f.example.com",
            "d.e.f.example.com", "e.f.example.com", "f.example.com", "example.com", "com"}                                                                                                                                                  },
    {"eight labels",                     "a.b.c.d.e.f.example.com",              {{0}},                                              "a.b.c.d.e.f.example.com",      false,
     {"a.b.c.d.e.f.example.com", "b.c.d.e.f.example.com", "c.d.e.f.example.com",
            "d.e.f.example.com", "e.f.example.com", "f.example.com", "example.com", "com"}                                                                                                                                                  },
    {"one label",                        "com",                                  {{0}},                                              "com",                          false, {"com"}                                                         },
    {"fewest labels",                    "a.mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=none"}},
     "example.com",                                                                                                                                                  false, {"a.mail.example.com", "mail.example.com", "example.com", "com"}},
    {"psd=n stops",                      "a.mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none; psd=n"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=none"}},
     "mail.example.com",                                                                                                                                             false, {"a.mail.example.com", "mail.example.com"}                      },
    {"psd=n at the start",               "mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none; psd=n"}},                                                                "mail.example.com",             false,
     {"mail.example.com"}                                                                                                                                                                                                                   },
    {"psd=y at the top",                 "a.mail.example.com",                   {{"_dmarc.com", "TXT", "v=DMARC1; p=none; psd=y"}},
     "example.com",                                                                                                                                                  false, {"a.mail.example.com", "mail.example.com", "example.com", "com"}},
    {"psd=y in between",                 "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; psd=y"},
            {"_dmarc.com", "TXT", "v=DMARC1; p=none"}},
     "mail.example.com",                                                                                                                                             false, {"mail.example.com", "example.com"}                             },
    {"psd=y at the start",               "example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none; psd=y"},
            {"_dmarc.com", "TXT", "v=DMARC1; p=none"}},
     "example.com",                                                                                                                                                  false, {"example.com"}                                                 },
    {"psd=y above a record",             "a.mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none"},
            {"_dmarc.com", "TXT", "v=DMARC1; p=none; psd=y"}},
     "example.com",                                                                                                                                                  false, {"a.mail.example.com", "mail.example.com", "example.com", "com"}},
    {"psd=y far above",                  "a.b.c.d.e.f.g.h.example.com",
     {{"_dmarc.d.e.f.g.h.example.com", "TXT", "v=DMARC1; p=none; psd=y"}},
     "c.d.e.f.g.h.example.com",                                                                                                                                      false, {"a.b.c.d.e.f.g.h.example.com", "d.e.f.g.h.example.com"}        },
    {"a zone cut that is never asked",   "mail.a.b.c.d.e.f.g.example.com",
     {{"_dmarc.b.c.d.e.f.g.example.com", "TXT", "v=DMARC1; p=none; psd=n"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     "example.com",                                                                                                                                                  false,
     {"mail.a.b.c.d.e.f.g.example.com", "c.d.e.f.g.example.com", "d.e.f.g.example.com",
            "e.f.g.example.com", "f.g.example.com", "g.example.com", "example.com", "com"}                                                                                                                                                  },
    {"a record at the top without psd",  "a.example.com",
     {{"_dmarc.com", "TXT", "v=DMARC1; p=none"}},                                                                                    "example.com",                  false,
     {"a.example.com", "example.com", "com"}                                                                                                                                                                                                },
    {"a record at the top with psd=u",   "a.example.com",
     {{"_dmarc.com", "TXT", "v=DMARC1; p=none; psd=u"}},                                                                             "example.com",                  false,
     {"a.example.com", "example.com", "com"}                                                                                                                                                                                                },
    {"a record at the top with psd=n",   "a.example.com",
     {{"_dmarc.com", "TXT", "v=DMARC1; p=none; psd=n"}},                                                                             "com",                          false,
     {"a.example.com", "example.com", "com"}                                                                                                                                                                                                },
    {"one label with a record",          "com",                                  {{"_dmarc.com", "TXT", "v=DMARC1; p=none"}},        "com",                          false,
     {"com"}                                                                                                                                                                                                                                },
    {"several records are none",         "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=none"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     "mail.example.com",                                                                                                                                             false, {"mail.example.com", "example.com", "com"}                      },
    {"other texts beside one record",    "mail.example.com",
     {{"_dmarc.example.com", "TXT", "something else"},
            {"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"}},
     "example.com",                                                                                                                                                  false, {"mail.example.com", "example.com", "com"}                      },
    {"other texts behind one record",    "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=reject"},
            {"_dmarc.example.com", "TXT", "something else"}},
     "example.com",                                                                                                                                                  false, {"mail.example.com", "example.com", "com"}                      },
    {"an unusable record has its place", "mail.example.com",
     {{"_dmarc.example.com", "TXT", "v=DMARC1; p=wrong"}},                                                                           "example.com",                  false,
     {"mail.example.com", "example.com", "com"}                                                                                                                                                                                             },
    {"a failed lookup",                  "mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none"},
            {"_dmarc.example.com", "TIMEOUT", ""}},
     "mail.example.com",                                                                                                                                             true,  {"mail.example.com", "example.com", "com"}                      },
    {"a failed lookup behind the end",   "mail.example.com",
     {{"_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none; psd=n"},
            {"_dmarc.example.com", "TIMEOUT", ""}},
     "mail.example.com",                                                                                                                                             false, {"mail.example.com"}                                            },
};

static void test_walks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct canned *canned = canned_new(arena);
        struct answers *answers = answers_new(arena);
        struct text domain = text_from_string(rows[i].domain);
        struct dmarc_walk walk;
        size_t count = 0;

        unit_row(rows[i].name);
        for (size_t j = 0; j < RECORDS_MAX && rows[i].zone[j].name != NULL; j++)
            canned_add(canned, text_from_string(rows[i].zone[j].name),
                text_from_string(rows[i].zone[j].type), text_from_string(rows[i].zone[j].data));
        assert_int_equal(dmarc_walk_from(domain, answers, arena, &walk), AUTH_WAITING);
        assert_true(canned_answer_wave(canned, answers) <= DMARC_WALK_MAX);
        assert_int_equal(dmarc_walk_from(domain, answers, arena, &walk), AUTH_DONE);
        assert_text_equal(walk.organizational_domain, rows[i].organizational);
        assert_int_equal(walk.temporary, rows[i].temporary);
        while (rows[i].steps[count] != NULL)
            count++;
        assert_int_equal(walk.count, count);
        for (size_t j = 0; j < count; j++)
            assert_text_equal(walk.steps[j].domain, rows[i].steps[j]);
        arena_free(&arena);
    }
}

/* The names before the one that stops the walk are all it waits for. */
static void test_stop_without_the_rest(void **state)
{
    static const struct dns_record record = {
        .text = {"v=DMARC1; p=none; psd=n", sizeof "v=DMARC1; p=none; psd=n" - 1}
    };
    static const struct dns_answer answer = {.status = DNS_FOUND, .count = 1, .records = &record};
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct dmarc_walk walk;

    (void)state;
    assert_int_equal(dmarc_walk_from(TEXT("a.example.com"), answers, arena, &walk), AUTH_WAITING);
    answers_put(answers, TEXT("_dmarc.example.com"), DNS_TXT, &answer);
    assert_int_equal(dmarc_walk_from(TEXT("a.example.com"), answers, arena, &walk), AUTH_WAITING);
    answers_put(answers, TEXT("_dmarc.a.example.com"), DNS_TXT, &answer);
    assert_int_equal(dmarc_walk_from(TEXT("a.example.com"), answers, arena, &walk), AUTH_DONE);
    assert_int_equal(walk.count, 1);
    arena_free(&arena);
}

static void test_several(void **state)
{
    struct arena *arena = arena_new();
    struct canned *canned = canned_new(arena);
    struct answers *answers = answers_new(arena);
    struct dmarc_walk walk;

    (void)state;
    canned_add(canned, TEXT("_dmarc.example.com"), TEXT("TXT"), TEXT("v=DMARC1; p=x"));
    canned_add(canned, TEXT("_dmarc.example.com"), TEXT("TXT"), TEXT("v=DMARC1; p=none"));
    canned_add(canned, TEXT("_dmarc.com"), TEXT("TXT"), TEXT("v=DMARC1; p=x"));
    dmarc_walk_from(TEXT("example.com"), answers, arena, &walk);
    canned_answer_wave(canned, answers);
    dmarc_walk_from(TEXT("example.com"), answers, arena, &walk);
    assert_true(walk.steps[0].several);
    assert_false(walk.steps[0].unusable);
    assert_null(walk.steps[0].record);
    assert_false(walk.steps[1].several);
    assert_true(walk.steps[1].unusable);
    assert_non_null(walk.steps[1].record);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_walks), cmocka_unit_test(test_stop_without_the_rest),
    cmocka_unit_test(test_several))
