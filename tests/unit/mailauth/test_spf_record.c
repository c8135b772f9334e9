/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/spf-record.h"

#include "lib/base/buffer.h"
#include "lib/mailauth/spf.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

static void test_version(void **state)
{
    static const struct {
        const char *name, *text;
        bool is_spf;
    } rows[] = {
        {"alone",           "v=spf1",       true },
        {"with a term",     "v=spf1 -all",  true },
        {"any case",        "V=SpF1 -all",  true },
        {"another version", "v=spf10 -all", false},
        {"no blank",        "v=spf1-all",   false},
        {"a tab",           "v=spf1\t-all", false},
        {"leading blank",   " v=spf1 -all", false},
        {"short",           "v=spf",        false},
        {"empty",           "",             false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text text = exact_copy(rows[i].text);

        unit_row(rows[i].name);
        assert_int_equal(spf_record_is_spf(text), rows[i].is_spf);
        exact_free(text);
    }
}

/* Good records, with what their only or first term became. */
static void test_terms(void **state)
{
    static const struct {
        const char *name, *text;
        enum spf_mechanism mechanism;
        enum auth_result result;
        const char *target;
        unsigned prefix_v4_bits, prefix_v6_bits;
        size_t count;
    } rows[] = {
        {"all",                      "v=spf1 all",                                      SPF_ALL,     AUTH_PASS,     "",            32, 128, 1},
        {"plus",                     "v=spf1 +all",                                     SPF_ALL,     AUTH_PASS,     "",            32, 128, 1},
        {"minus",                    "v=spf1 -ALL",                                     SPF_ALL,     AUTH_FAIL,     "",            32, 128, 1},
        {"tilde",                    "v=spf1 ~all",                                     SPF_ALL,     AUTH_SOFTFAIL, "",            32, 128, 1},
        {"question mark",            "v=spf1 ?all",                                     SPF_ALL,     AUTH_NEUTRAL,  "",            32, 128, 1},
        {"a",                        "v=spf1 a",                                        SPF_A,       AUTH_PASS,     "",            32, 128, 1},
        {"a with target",            "v=spf1 a:b.org",                                  SPF_A,       AUTH_PASS,     "b.org",       32, 128, 1},
        {"a with prefix",            "v=spf1 a/24",                                     SPF_A,       AUTH_PASS,     "",            24, 128, 1},
        {"a with IPv6 prefix",       "v=spf1 a//64",                                    SPF_A,       AUTH_PASS,     "",            32, 64,  1},
        {"a with both",              "v=spf1 a:b.org/0//0",                             SPF_A,       AUTH_PASS,     "b.org",       0,  0,   1},
        {"slash in a target",        "v=spf1 a:x/y.b.org/8",                            SPF_A,       AUTH_PASS,     "x/y.b.org",   8,  128, 1},
        {"digits at a target's end", "v=spf1 a:b.x9",                                   SPF_A,       AUTH_PASS,     "b.x9",        32, 128, 1},
        {"mx",                       "v=spf1 -mx:b.org//48",                            SPF_MX,      AUTH_FAIL,     "b.org",       32, 48,  1},
        {"ptr",                      "v=spf1 ptr:b.org.",                               SPF_PTR,     AUTH_PASS,     "b.org.",      32, 128, 1},
        {"exists",                   "v=spf1 exists:%{ir}.b.org",                       SPF_EXISTS,  AUTH_PASS,     "%{ir}.b.org", 32, 128, 1},
        {"include",                  "v=spf1 include:%{d2}",                            SPF_INCLUDE, AUTH_PASS,     "%{d2}",       32, 128, 1},
        {"ip4",                      "v=spf1 ip4:192.0.2.0/24",                         SPF_IP4,     AUTH_PASS,     "",            32, 128, 1},
        {"ip6",                      "v=spf1 ip6:::ffff:192.0.2.0/120",                 SPF_IP6,     AUTH_PASS,     "",            32, 128, 1},
        {"many blanks",              "v=spf1   a   mx  ",                               SPF_A,       AUTH_PASS,     "",            32, 128, 2},
        {"modifiers are no terms",   "v=spf1 exp=x.org redirect=y.org a x-y_z.1=%{l}/", SPF_A,
         AUTH_PASS,                                                                                                 "",            32, 128, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        const char *problem = "";
        struct text text = exact_copy(rows[i].text);
        struct spf_record record;

        unit_row(rows[i].name);
        assert_true(spf_record_parse(text, arena, &record, &problem));
        assert_int_equal(record.count, rows[i].count);
        assert_int_equal(record.terms[0].mechanism, rows[i].mechanism);
        assert_int_equal(record.terms[0].result, rows[i].result);
        assert_text_equal(record.terms[0].target, rows[i].target);
        assert_int_equal(record.terms[0].prefix_v4_bits, rows[i].prefix_v4_bits);
        assert_int_equal(record.terms[0].prefix_v6_bits, rows[i].prefix_v6_bits);
        exact_free(text);
        arena_free(&arena);
    }
}

static void test_modifiers(void **state)
{
    struct arena *arena = arena_new();
    const char *problem = "";
    struct spf_record record;

    (void)state;
    assert_true(spf_record_parse(
        TEXT("v=spf1 EXP=why.b.org Redirect=_spf.%{d}"), arena, &record, &problem));
    assert_int_equal(record.count, 0);
    assert_text_equal(record.explanation, "why.b.org");
    assert_text_equal(record.redirect, "_spf.%{d}");
    arena_free(&arena);
}

static void test_malformed(void **state)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"unknown mechanism",            "v=spf1 moo"                                                  },
        {"lone qualifier",               "v=spf1 -"                                                    },
        {"two qualifiers",               "v=spf1 --all"                                                },
        {"tab between terms",            "v=spf1 a\tmx"                                                },
        {"all with argument",            "v=spf1 all:b.org"                                            },
        {"all with prefix",              "v=spf1 all/8"                                                },
        {"include without domain",       "v=spf1 include"                                              },
        {"include with empty domain",    "v=spf1 include:"                                             },
        {"include with prefix",          "v=spf1 include:b.org/24"                                     },
        {"exists without domain",        "v=spf1 exists"                                               },
        {"ptr with prefix",              "v=spf1 ptr/24"                                               },
        {"a with single label",          "v=spf1 a:museum"                                             },
        {"a with numeric top label",     "v=spf1 a:192.0.2.1"                                          },
        {"a with empty prefix",          "v=spf1 a/"                                                   },
        {"a with empty IPv6 prefix",     "v=spf1 a//"                                                  },
        {"a prefix too long",            "v=spf1 a/33"                                                 },
        {"a IPv6 prefix too long",       "v=spf1 a//129"                                               },
        {"a leading zero",               "v=spf1 a/024"                                                },
        {"a IPv6 leading zero",          "v=spf1 a//064"                                               },
        {"a two IPv4 prefixes",          "v=spf1 a/24/24"                                              },
        {"ip4 and another byte",         "v=spf1 ip4/192.0.2.1"                                        },
        {"ip4 alone",                    "v=spf1 ip4"                                                  },
        {"ip4 without address",          "v=spf1 ip4:"                                                 },
        {"ip4 short",                    "v=spf1 ip4:192.0.2"                                          },
        {"ip4 leading zero",             "v=spf1 ip4:192.0.02.1"                                       },
        {"ip4 with IPv6",                "v=spf1 ip4:2001:db8::1"                                      },
        {"ip4 prefix too long",          "v=spf1 ip4:192.0.2.0/33"                                     },
        {"ip4 empty prefix",             "v=spf1 ip4:192.0.2.0/"                                       },
        {"ip4 dual prefix",              "v=spf1 ip4:192.0.2.0//24"                                    },
        {"ip6 with IPv4",                "v=spf1 ip6:192.0.2.1"                                        },
        {"ip6 prefix too long",          "v=spf1 ip6:2001:db8::/129"                                   },
        {"ip6 too long by one",          "v=spf1 ip6:0000:0000:0000:0000:0000:0000:0000:0000:0000:0"   },
        {"ip6 too long",                 "v=spf1 ip6:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"},
        {"redirect as mechanism",        "v=spf1 redirect:b.org"                                       },
        {"redirect twice",               "v=spf1 redirect=b.org redirect=b.org"                        },
        {"redirect empty",               "v=spf1 redirect="                                            },
        {"exp twice",                    "v=spf1 exp=b.org exp=c.org"                                  },
        {"exp with a letter for texts",  "v=spf1 exp=%{r}.b.org"                                       },
        {"qualifier before a modifier",  "v=spf1 ?exp=b.org"                                           },
        {"hyphen before a modifier",     "v=spf1 -exp=b.org"                                           },
        {"name begins with a digit",     "v=spf1 1up=b.org"                                            },
        {"name empty",                   "v=spf1 =b.org"                                               },
        {"another byte for the colon",   "v=spf1 a!b.org"                                              },
        {"value of an unknown modifier", "v=spf1 x=%"                                                  },
        {"undefined macro letter",       "v=spf1 a:%{a}.org"                                           },
        {"bytes beyond ASCII",           "v=spf1 a:\xc3\xa9.org"                                       },
        {"control character",            "v=spf1 a:b\x01.org"                                          },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        const char *problem = NULL;
        struct text text = exact_copy(rows[i].text);
        struct spf_record record;

        unit_row(rows[i].name);
        assert_false(spf_record_parse(text, arena, &record, &problem));
        assert_non_null(problem);
        exact_free(text);
        arena_free(&arena);
    }
}

/* A term without a name is no modifier. */
static void test_nameless(void **state)
{
    struct arena *arena = arena_new();
    struct spf_record record;
    const char *problem = NULL;

    (void)state;
    assert_false(spf_record_parse(TEXT("v=spf1 =b.org"), arena, &record, &problem));
    assert_string_equal(problem, "unknown mechanism");
    arena_free(&arena);
}

/* count copies of word behind "v=spf1". */
static bool parses(const char *word, size_t count)
{
    struct arena *arena = arena_new();
    struct buffer text = BUFFER_NONE;
    struct spf_record record;
    const char *problem;
    bool parsed;

    buffer_append_string(&text, "v=spf1");
    for (size_t i = 0; i < count; i++)
        buffer_append_string(&text, word);
    parsed = spf_record_parse(buffer_text(&text), arena, &record, &problem);
    buffer_done(&text);
    arena_free(&arena);
    return parsed;
}

static void test_bounds(void **state)
{
    struct arena *arena = arena_new();
    struct spf_record record;
    const char *problem;

    (void)state;
    assert_true(parses(" a", SPF_RECORD_TERMS_MAX));
    assert_false(parses(" a", SPF_RECORD_TERMS_MAX + 1));
    assert_true(parses(" ", SPF_RECORD_MAX_BYTES - 6));
    assert_false(parses(" ", SPF_RECORD_MAX_BYTES - 5));
    /* A NUL is a byte like any other, and none that a record may hold. */
    assert_false(spf_record_parse(
        text_from_bytes("v=spf1 ip4:192.0.2.1\0 -all", 26), arena, &record, &problem));
    assert_false(
        spf_record_parse(text_from_bytes("v=spf1 a:b.org\0", 15), arena, &record, &problem));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_version), cmocka_unit_test(test_terms),
    cmocka_unit_test(test_modifiers), cmocka_unit_test(test_malformed),
    cmocka_unit_test(test_nameless), cmocka_unit_test(test_bounds))
