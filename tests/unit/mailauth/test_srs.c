/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/srs.h"

#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

#define NOW 1700000000 /* day 219, "G3" */
#define DAY 86400
#define AT "@srs.example.net"

/*
 * Hashes were computed by hmac and base64 of Python: over "G3" "example.org" "ann" in lower case,
 * with "tops3cret" where nothing else is said.
 */
static const struct text secrets[] = {
    {"tops3cret",    9 },
    {"an older one", 12},
};
static const struct srs_rules rules = {
    {"srs.example.net", 15},
    secrets, 2, 21
};

/* --- forward --- */

struct forward_row {
    const char *name, *sender;
    enum srs_forward outcome;
    const char *rewritten; /* NULL: none */
};

static void check_forward(const struct srs_rules *with, const struct forward_row *row)
{
    struct arena *arena = arena_new();
    struct text rewritten = TEXT("untouched");

    unit_row(row->name);
    assert_int_equal(
        srs_forward(with, exact_row(row->sender), NOW, arena, &rewritten), row->outcome);
    assert_text_equal(rewritten, row->rewritten != NULL ? row->rewritten : "untouched");
    arena_free(&arena);
}

#define A39 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_forward(void **state)
{
    static const struct forward_row rows[] = {
        {"a sender",                "ann@example.org",                                                 SRS_REWRITTEN,  "SRS0=Q7KJ=G3=example.org=ann" AT                    },
        {"the case of the user",    "Ann.Bee+List@EXAMPLE.org",                                        SRS_REWRITTEN,
         "SRS0=yrql=G3=example.org=Ann.Bee+List" AT                                                                                                                         },
        {"a hash with minus",       "u26@example.org",                                                 SRS_REWRITTEN,  "SRS0=-MrQ=G3=example.org=u26" AT                    },
        {"a hash with underline",   "u42@example.org",                                                 SRS_REWRITTEN,
         "SRS0=yfc_=G3=example.org=u42" AT                                                                                                                                  },
        {"signs of equality",       "a=b=c@example.org",                                               SRS_REWRITTEN,
         "SRS0=uHCl=G3=example.org=a=b=c" AT                                                                                                                                },
        {"U-labels and UTF-8",
         "j\xc3\xb6rg@B\xc3\xbc"
            "cher.example",                                                                            SRS_REWRITTEN,  "SRS0=5Lny=G3=xn--bcher-kva.example=j\xc3\xb6rg" AT  },
        {"quoted, needlessly",      "\"ann\"@example.org",                                             SRS_REWRITTEN,
         "SRS0=Q7KJ=G3=example.org=ann" AT                                                                                                                                  },
        {"quoted",                  "\"a b\"@example.org",                                             SRS_REWRITTEN,  "\"SRS0=8kJ8=G3=example.org=a b\"" AT                },
        {"quoted, with quotes",     "\"a\\\"\\\\b\"@example.org",                                      SRS_REWRITTEN,
         "\"SRS0=AbD5=G3=example.org=a\\\"\\\\b\"" AT                                                                                                                       },
        {"dots beside each other",  "a..b@example.org",                                                SRS_REWRITTEN,
         "\"SRS0=3iYd=G3=example.org=a..b\"" AT                                                                                                                             },
        {"64 bytes",                A39 "@example.org",                                                SRS_REWRITTEN,  "SRS0=vS0b=G3=example.org=" A39 AT                   },
        {"65 bytes",                A39 "a@example.org",                                               SRS_TOO_LONG,   NULL                                                 },
        {"65 bytes, with quotes",   "\" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"@example.org",
         SRS_TOO_LONG,                                                                                                 NULL                                                 },
        {"of another forwarder",    "SRS0=abcd=XY=example.org=ann@First.Example",                      SRS_REWRITTEN,
         "SRS1=VaV_=first.example==abcd=XY=example.org=ann" AT                                                                                                              },
        {"the same with a plus",    "SRS0+abcd=XY=example.org=ann@first.example",                      SRS_REWRITTEN,
         "SRS1=P8Lj=first.example=+abcd=XY=example.org=ann" AT                                                                                                              },
        {"of a second forwarder",   "srs1-zzzz=first.example==abcd=XY=example.org=ann@second.example",
         SRS_REWRITTEN,                                                                                                "SRS1=VaV_=first.example==abcd=XY=example.org=ann" AT},
        {"only looks like one",     "srs0-fan@example.com",                                            SRS_REWRITTEN,
         "SRS0=6aXe=G3=example.com=srs0-fan" AT                                                                                                                             },
        {"no SRS1",                 "SRS1=7g4y=6ppn=3g=rotfl@example.com",                             SRS_REWRITTEN,
         "SRS0=wh6j=G3=example.com=SRS1=7g4y=6ppn=3g=rotfl" AT                                                                                                              },
        {"the null sender",         "",                                                                SRS_NOT_NEEDED, NULL                                                 },
        {"of ours",                 "SRS0=Q7KJ=G3=example.org=ann@SRS.example.net",                    SRS_NOT_NEEDED, NULL                                                 },
        {"no domain",               "ann",                                                             SRS_NO_ADDRESS, NULL                                                 },
        {"an empty domain",         "ann@",                                                            SRS_NO_ADDRESS, NULL                                                 },
        {"an address literal",      "ann@[192.0.2.1]",                                                 SRS_NO_ADDRESS, NULL                                                 },
        {"no user",                 "@example.org",                                                    SRS_NO_ADDRESS, NULL                                                 },
        {"an empty user in quotes", "\"\"@example.org",                                                SRS_NO_ADDRESS, NULL                                                 },
        {"a space",                 "a b@example.org",                                                 SRS_NO_ADDRESS, NULL                                                 },
        {"two at signs",            "a@b@example.org",                                                 SRS_NO_ADDRESS, NULL                                                 },
        {"no end of quotes",        "\"ann@example.org",                                               SRS_NO_ADDRESS, NULL                                                 },
        {"ends in a backslash",     "\"ann\\",                                                         SRS_NO_ADDRESS, NULL                                                 },
        {"more behind the quotes",  "\"ann\"bee@example.org",                                          SRS_NO_ADDRESS, NULL                                                 },
        {"a dot for the at sign",   "\"ann\".example.org",                                             SRS_NO_ADDRESS, NULL                                                 },
        {"nothing behind quotes",   "\"ann\"",                                                         SRS_NO_ADDRESS, NULL                                                 },
        {"a line end",              "\"a\nb\"@example.org",                                            SRS_NO_ADDRESS, NULL                                                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_forward(&rules, &rows[i]);
}

/* Longer than anything that an envelope may hold, although the form would do. */
static void test_far_too_long(void **state)
{
    char sender[1026];
    struct forward_row row = {"1025 bytes", sender, SRS_NO_ADDRESS, NULL};

    (void)state;
    memset(sender, 'a', sizeof sender);
    memcpy(sender + sizeof sender - 13, "@example.org", 13);
    check_forward(&rules, &row);
    row = (struct forward_row){"1024 bytes", sender + 1, SRS_TOO_LONG, NULL};
    check_forward(&rules, &row);
}

static void test_without_secrets(void **state)
{
    static const struct forward_row row = {"no secret", "ann@example.org", SRS_NO_SECRET, NULL};
    struct srs_rules none = rules;

    (void)state;
    none.secret_count = 0;
    check_forward(&none, &row);
}

/* --- reverse --- */

struct reverse_row {
    const char *name, *address;
    enum srs_reverse outcome;
    const char *sender; /* NULL: none */
};

static void check_reverse(const struct reverse_row *row, int64_t now)
{
    struct arena *arena = arena_new();
    struct text sender = TEXT("untouched");

    unit_row(row->name);
    assert_int_equal(
        srs_reverse(&rules, exact_row(row->address), now, arena, &sender), row->outcome);
    assert_text_equal(sender, row->sender != NULL ? row->sender : "untouched");
    arena_free(&arena);
}

static void test_reverse(void **state)
{
    static const struct reverse_row rows[] = {
        {"of today",               "SRS0=Q7KJ=G3=example.org=ann" AT,                     SRS_REVERSED, "ann@example.org"                           },
        {"in lower case",          "srs0=q7kj=g3=example.org=ann" AT,                     SRS_REVERSED, "ann@example.org"                           },
        {"domain in upper case",   "SRS0=Q7KJ=G3=example.org=ann@SRS.EXAMPLE.NET",        SRS_REVERSED,
         "ann@example.org"                                                                                                                          },
        {"parted by plus",         "SRS0+Q7KJ=G3=example.org=ann" AT,                     SRS_REVERSED, "ann@example.org"                           },
        {"parted by minus",        "SRS0-Q7KJ=G3=example.org=ann" AT,                     SRS_REVERSED, "ann@example.org"                           },
        {"minus as plus",          "SRS0=+MrQ=G3=example.org=u26" AT,                     SRS_REVERSED, "u26@example.org"                           },
        {"underline as slash",     "SRS0=yfc/=G3=example.org=u42" AT,                     SRS_REVERSED, "u42@example.org"                           },
        {"the older secret",       "SRS0=Zxs0=G3=example.org=ann" AT,                     SRS_REVERSED, "ann@example.org"                           },
        {"quoted",                 "\"SRS0=8kJ8=G3=example.org=a b\"" AT,                 SRS_REVERSED, "\"a b\"@example.org"                       },
        {"quotes within",          "\"SRS0=AbD5=G3=example.org=a\\\"\\\\b\"" AT,          SRS_REVERSED,
         "\"a\\\"\\\\b\"@example.org"                                                                                                               },
        {"a second forwarder",     "SRS1=VaV_=first.example==abcd=XY=example.org=ann" AT, SRS_REVERSED,
         "SRS0=abcd=XY=example.org=ann@first.example"                                                                                               },
        {"the same with a plus",   "SRS1=P8Lj=first.example=+abcd=XY=example.org=ann" AT,
         SRS_REVERSED,                                                                                  "SRS0+abcd=XY=example.org=ann@first.example"},
        {"oldest that is taken",   "SRS0=TYlA=GG=example.org=ann" AT,                     SRS_REVERSED,
         "ann@example.org"                                                                                                                          },
        {"a day older",            "SRS0=kq3w=GF=example.org=ann" AT,                     SRS_EXPIRED,  NULL                                        },
        {"from the future",        "SRS0=iJOa=G4=example.org=ann" AT,                     SRS_EXPIRED,  NULL                                        },
        {"another user",           "SRS0=Q7KJ=G3=example.org=bob" AT,                     SRS_FORGED,   NULL                                        },
        {"another domain",         "SRS0=Q7KJ=G3=example.com=ann" AT,                     SRS_FORGED,   NULL                                        },
        {"another day",            "SRS0=Q7KJ=G4=example.org=ann" AT,                     SRS_FORGED,   NULL                                        },
        {"the last sign differs",  "SRS0=Q7KK=G3=example.org=ann" AT,                     SRS_FORGED,   NULL                                        },
        {"a part of the hash",     "SRS0=Q7K=G3=example.org=ann" AT,                      SRS_FORGED,   NULL                                        },
        {"no hash",                "SRS0==G3=example.org=ann" AT,                         SRS_FORGED,   NULL                                        },
        {"more than the hash",     "SRS0=Q7KJx=G3=example.org=ann" AT,                    SRS_FORGED,   NULL                                        },
        {"SRS1 with a wrong hash", "SRS1=VaVa=first.example==abcd=XY=example.org=ann" AT,
         SRS_FORGED,                                                                                    NULL                                        },
        {"elsewhere",              "SRS0=Q7KJ=G3=example.org=ann@example.net",            SRS_FOREIGN,  NULL                                        },
        {"another address",        "ann" AT,                                              SRS_FOREIGN,  NULL                                        },
        {"no address",             "SRS0=Q7KJ=G3=example.org=ann",                        SRS_FOREIGN,  NULL                                        },
        {"the tag alone",          "SRS0" AT,                                             SRS_FOREIGN,  NULL                                        },
        {"SRS1's tag alone",       "SRS1" AT,                                             SRS_FOREIGN,  NULL                                        },
        {"no sign behind the tag", "SRS0QQ7KJ=G3=example.org=ann" AT,                     SRS_FOREIGN,  NULL                                        },
        {"SRS1, no sign behind",   "SRS1VVaV_=first.example==abcd" AT,                    SRS_FOREIGN,  NULL                                        },
        {"ends behind the hash",   "SRS0=Q7KJ" AT,                                        SRS_FOREIGN,  NULL                                        },
        {"ends behind the day",    "SRS0=Q7KJ=G3" AT,                                     SRS_FOREIGN,  NULL                                        },
        {"ends behind the domain", "SRS0=Q7KJ=G3=example.org" AT,                         SRS_FOREIGN,  NULL                                        },
        {"no user",                "SRS0=Q7KJ=G3=example.org=" AT,                        SRS_FOREIGN,  NULL                                        },
        {"a day of one sign",      "SRS0=Q7KJ=G=example.org=ann" AT,                      SRS_FOREIGN,  NULL                                        },
        {"a day of three signs",   "SRS0=Q7KJ=G33=example.org=ann" AT,                    SRS_FOREIGN,  NULL                                        },
        {"no domain",              "SRS0=Q7KJ=G3==ann" AT,                                SRS_FOREIGN,  NULL                                        },
        {"SRS1 ends in the host",  "SRS1=VaV_=first.example" AT,                          SRS_FOREIGN,  NULL                                        },
        {"SRS1 ends in the hash",  "SRS1=VaV_" AT,                                        SRS_FOREIGN,  NULL                                        },
        {"SRS1 without a user",    "SRS1=VaV_=first.example==" AT,                        SRS_FOREIGN,  NULL                                        },
        {"SRS1 without its sign",  "SRS1=VaV_=first.example=abcd=XY=example.org=ann" AT,  SRS_FOREIGN,
         NULL                                                                                                                                       },
        {"SRS1 without a host",    "SRS1=VaV_===abcd=XY=example.org=ann" AT,              SRS_FOREIGN,  NULL                                        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_reverse(&rows[i], NOW);
}

/* A stamp that says no day does not pass, whoever has signed it. */
static void test_no_day(void **state)
{
    static const struct reverse_row rows[] = {
        {"no base32",   "SRS0=CXIi=G1=example.org=ann" AT, SRS_EXPIRED, NULL},
        {"no base32 2", "SRS0=yomL=8G=example.org=ann" AT, SRS_EXPIRED, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_reverse(&rows[i], NOW);
}

/* The days repeat after 1024; around the turn they count on. */
static void test_turn_of_days(void **state)
{
    static const int64_t turn = (int64_t)19 * 1024 * DAY;
    static const int64_t ages[] = {0, 1, 20, 21, 22, 500, 1022, 1023};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        struct text rewritten, sender;
        int64_t then = turn + 5 * DAY - ages[i] * DAY;

        assert_int_equal(
            srs_forward(&rules, TEXT("ann@example.org"), then, arena, &rewritten), SRS_REWRITTEN);
        assert_int_equal(srs_reverse(&rules, rewritten, turn + 5 * DAY, arena, &sender),
            ages[i] <= 21 ? SRS_REVERSED : SRS_EXPIRED);
    }
    arena_free(&arena);
}

/* What went over two forwarders comes back over both. */
static void test_there_and_back(void **state)
{
    struct srs_rules second = rules, third = rules;
    struct text one, two, three, back;
    struct arena *arena = arena_new();

    (void)state;
    second.domain = TEXT("second.example");
    third.domain = TEXT("third.example");
    assert_int_equal(srs_forward(&rules, TEXT("a@x.example"), NOW, arena, &one), SRS_REWRITTEN);
    assert_int_equal(srs_forward(&second, one, NOW, arena, &two), SRS_REWRITTEN);
    assert_int_equal(srs_forward(&third, two, NOW, arena, &three), SRS_REWRITTEN);
    assert_true(text_starts_with(two, TEXT("SRS1=")) && text_starts_with(three, TEXT("SRS1=")));
    assert_int_equal(srs_reverse(&third, three, NOW, arena, &back), SRS_REVERSED);
    assert_true(text_equals(back, one));
    assert_int_equal(srs_reverse(&rules, back, NOW, arena, &back), SRS_REVERSED);
    assert_text_equal(back, "a@x.example");
    arena_free(&arena);
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(srs_forward_word(SRS_TOO_LONG), "too long");
    assert_string_equal(srs_reverse_word(SRS_EXPIRED), "expired");
}

UNIT_MAIN(cmocka_unit_test(test_forward), cmocka_unit_test(test_far_too_long),
    cmocka_unit_test(test_without_secrets), cmocka_unit_test(test_reverse),
    cmocka_unit_test(test_no_day), cmocka_unit_test(test_turn_of_days),
    cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_words))
