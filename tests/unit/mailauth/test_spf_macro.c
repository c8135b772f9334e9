/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/spf-macro.h"

#include "lib/base/buffer.h"
#include "lib/dns/name.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

static struct spf_macro_values values_for(const char *client)
{
    struct spf_macro_values values = {
        .local_part = TEXT("strong-bad"),
        .sender_domain = TEXT("email.example.com"),
        .domain = TEXT("email.example.com"),
        .validated = TEXT("mx.example.org"),
        .helo = TEXT("[he lo]"),
        .receiver = TEXT("mx.receiver.example"),
        .now = 1794009600,
    };

    assert_true(ip_parse(text_from_string(client), &values.client));
    return values;
}

/* The examples of RFC 7208 §7.4, and what they leave out. */
static void test_expand(void **state)
{
    static const struct {
        const char *name, *client, *text, *expanded;
    } rows[] = {
        {"s",                            "192.0.2.3",      "%{s}",                            "strong-bad@email.example.com"  },
        {"o",                            "192.0.2.3",      "%{o}",                            "email.example.com"             },
        {"d",                            "192.0.2.3",      "%{d}",                            "email.example.com"             },
        {"d4",                           "192.0.2.3",      "%{d4}",                           "email.example.com"             },
        {"d3",                           "192.0.2.3",      "%{d3}",                           "email.example.com"             },
        {"d2",                           "192.0.2.3",      "%{d2}",                           "example.com"                   },
        {"d1",                           "192.0.2.3",      "%{d1}",                           "com"                           },
        {"dr",                           "192.0.2.3",      "%{dr}",                           "com.example.email"             },
        {"d2r",                          "192.0.2.3",      "%{d2r}",                          "example.email"                 },
        {"l",                            "192.0.2.3",      "%{l}",                            "strong-bad"                    },
        {"l-",                           "192.0.2.3",      "%{l-}",                           "strong.bad"                    },
        {"lr",                           "192.0.2.3",      "%{lr}",                           "strong-bad"                    },
        {"lr-",                          "192.0.2.3",      "%{lr-}",                          "bad.strong"                    },
        {"l1r-",                         "192.0.2.3",      "%{l1r-}",                         "strong"                        },
        {"reversed client",              "192.0.2.3",      "%{ir}.%{v}._spf.%{d2}",
         "3.2.0.192.in-addr._spf.example.com"                                                                                 },
        {"several letters",              "192.0.2.3",      "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
         "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"                                                                   },
        {"IPv6 client",                  "2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}",
         "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf."
            "example.com"                                                                                                     },
        {"capitals escape",              "192.0.2.3",      "%{H}",                            "%5Bhe%20lo%5D"                 },
        {"unreserved bytes stay",        "192.0.2.3",      "%{S}",                            "strong-bad%40email.example.com"},
        {"capitals escape the parts",    "192.0.2.3",      "%{H2}",                           "%5Bhe%20lo%5D"                 },
        {"capital R in the transformer", "192.0.2.3",      "%{dR}",                           "com.example.email"             },
        {"p",                            "192.0.2.3",      "%{p}",                            "mx.example.org"                },
        {"c",                            "2001:db8::1",    "%{c}",                            "2001:db8::1"                   },
        {"r and t",                      "192.0.2.3",      "%{r} %{t}",                       "mx.receiver.example 1794009600"},
        {"escapes",                      "192.0.2.3",      "%%%_%-",                          "% %20"                         },
        {"plain text",                   "192.0.2.3",      "no macro here",                   "no macro here"                 },
        {"empty",                        "192.0.2.3",      "",                                ""                              },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct spf_macro_values values = values_for(rows[i].client);
        struct arena *arena = arena_new();
        struct text expanded;

        unit_row(rows[i].name);
        assert_true(spf_macro_expand(exact_row(rows[i].text), &values, arena, &expanded));
        assert_text_equal(expanded, rows[i].expanded);
        arena_free(&arena);
    }
}

static void test_expand_odd_values(void **state)
{
    struct spf_macro_values values = values_for("192.0.2.3");
    struct arena *arena = arena_new();
    struct text expanded;

    (void)state;
    values.helo = TEXT("a_b~c/d");
    assert_true(spf_macro_expand(TEXT("%{H}"), &values, arena, &expanded));
    assert_text_equal(expanded, "a_b~c%2Fd");
    values.helo = TEXT("a.b-c");
    assert_true(spf_macro_expand(TEXT("%{H-}"), &values, arena, &expanded));
    assert_text_equal(expanded, "a.b.c");
    values.domain = TEXT("");
    assert_int_equal(spf_macro_expand_domain(TEXT("%{d}"), &values, arena).len, 0);
    arena_free(&arena);
}

enum forms { NONE = 0, STRING = 1, EXPLANATION = 2, DOMAIN = 4 };

static void test_forms(void **state)
{
    static const struct {
        const char *name, *text;
        int forms;
    } rows[] = {
        {"domain",                     "b.org",                    STRING | EXPLANATION | DOMAIN},
        {"final dot",                  "b.org.",                   STRING | EXPLANATION | DOMAIN},
        {"single label",               "org",                      STRING | EXPLANATION         },
        {"single label and dot",       "org.",                     STRING | EXPLANATION         },
        {"dot alone",                  ".",                        STRING | EXPLANATION         },
        {"dot before a label",         ".org",                     STRING | EXPLANATION | DOMAIN},
        {"two dots",                   "b..org",                   STRING | EXPLANATION | DOMAIN},
        {"numeric label",              "b.123",                    STRING | EXPLANATION         },
        {"hyphen in front",            "b.-org",                   STRING | EXPLANATION         },
        {"hyphen behind",              "b.org-",                   STRING | EXPLANATION         },
        {"inner hyphen",               "b.xn--zckzah",             STRING | EXPLANATION | DOMAIN},
        {"digits and hyphen",          "b.1-1",                    STRING | EXPLANATION | DOMAIN},
        {"odd byte in the last label", "b.o:g",                    STRING | EXPLANATION         },
        {"ends in a macro",            "b.%{d}",                   STRING | EXPLANATION | DOMAIN},
        {"ends in an escape",          "b%%",                      STRING | EXPLANATION | DOMAIN},
        {"label behind a macro",       "%{d}.org",                 STRING | EXPLANATION | DOMAIN},
        {"letters behind a macro",     "%{d}org",                  STRING | EXPLANATION         },
        {"empty",                      "",                         STRING | EXPLANATION         },
        {"blank",                      "two words",                EXPLANATION                  },
        {"letter of explanations",     "%{c}",                     EXPLANATION                  },
        {"tab",                        "two\twords",               NONE                         },
        {"beyond ASCII",               "\xc3\xa9",                 NONE                         },
        {"delete",                     "\x7f",                     NONE                         },
        {"macro cut in the letter",    "a%{",                      NONE                         },
        {"lone per cent",              "%",                        NONE                         },
        {"unknown escape",             "%x",                       NONE                         },
        {"unknown letter",             "%{x}",                     NONE                         },
        {"unclosed",                   "%{d",                      NONE                         },
        {"unclosed at once",           "%{",                       NONE                         },
        {"zero parts",                 "%{d0}",                    NONE                         },
        {"zeroes",                     "%{d00}",                   NONE                         },
        {"leading zero",               "%{d02}",                   STRING | EXPLANATION | DOMAIN},
        {"very many parts",            "%{d99999999999999999999}", STRING | EXPLANATION | DOMAIN},
        {"all delimiters",             "%{d2r.-+,/_=}",            STRING | EXPLANATION | DOMAIN},
        {"no delimiter",               "%{d2r!}",                  NONE                         },
        {"transformers in disorder",   "%{dr2}",                   NONE                         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text text = exact_copy(rows[i].text);

        unit_row(rows[i].name);
        assert_int_equal(spf_macro_is_string(text), (rows[i].forms & STRING) != 0);
        assert_int_equal(spf_macro_is_explanation(text), (rows[i].forms & EXPLANATION) != 0);
        assert_int_equal(spf_macro_is_domain_spec(text), (rows[i].forms & DOMAIN) != 0);
        exact_free(text);
    }
    assert_false(spf_macro_is_string(text_from_bytes("a\0b", 3)));
    assert_false(spf_macro_is_string(text_from_bytes("%{\0}", 4)));
    assert_false(spf_macro_is_string(text_from_bytes("%{d\0}", 5)));
}

static void test_uses(void **state)
{
    (void)state;
    assert_true(spf_macro_uses(TEXT("a.%{P2r}.org"), 'p'));
    assert_false(spf_macro_uses(TEXT("p.%%.%{d}"), 'p'));
    assert_false(spf_macro_uses(TEXT(""), 'p'));
}

/* §7.3: too long a name loses labels on its left. */
static void test_domain(void **state)
{
    struct spf_macro_values values = values_for("192.0.2.3");
    struct arena *arena = arena_new();
    struct buffer text = BUFFER_NONE;
    struct text name;

    (void)state;
    assert_text_equal(spf_macro_expand_domain(TEXT("%{d}."), &values, arena), "email.example.com");
    buffer_append_string(&text, "12.");
    for (size_t i = 0; i < 25; i++)
        buffer_append_string(&text, "123456789.");
    buffer_append_string(&text, "org");
    name = spf_macro_expand_domain(buffer_text(&text), &values, arena);
    assert_int_equal(name.len, DNS_NAME_MAX);
    assert_text_equal(text_head(name, 12), "123456789.12");

    buffer_clear(&text);
    for (size_t i = 0; i < 300; i++)
        buffer_append_byte(&text, 'x');
    assert_text_equal(spf_macro_expand_domain(buffer_text(&text), &values, arena), "");

    /* One byte too many costs a label. */
    buffer_clear(&text);
    buffer_append_string(&text, "123.");
    for (size_t i = 0; i < 24; i++)
        buffer_append_string(&text, "123456789.");
    buffer_append_string(&text, "1234567.or");
    assert_int_equal(buffer_text(&text).len, DNS_NAME_MAX + 1);
    assert_int_equal(
        spf_macro_expand_domain(buffer_text(&text), &values, arena).len, DNS_NAME_MAX + 1 - 4);

    buffer_clear(&text);
    for (size_t i = 0; i < SPF_EXPANSION_MAX; i++)
        buffer_append_byte(&text, 'x');
    assert_true(spf_macro_expand(buffer_text(&text), &values, arena, &name));
    buffer_append_byte(&text, 'x');
    assert_false(spf_macro_expand(buffer_text(&text), &values, arena, &name));

    buffer_clear(&text);
    for (size_t i = 0; i < SPF_EXPANSION_MAX / 16 + 1; i++)
        buffer_append_string(&text, "%{d}");
    assert_false(spf_macro_expand(buffer_text(&text), &values, arena, &name));
    assert_text_equal(spf_macro_expand_domain(buffer_text(&text), &values, arena), "");
    buffer_done(&text);
    arena_free(&arena);
}

/* A value of more parts than are told apart keeps the rest in one. */
static void test_many_parts(void **state)
{
    struct spf_macro_values values = values_for("192.0.2.3");
    struct arena *arena = arena_new();
    char dots[SPF_MACRO_PARTS_MAX + 50];
    struct text expanded;

    (void)state;
    memset(dots, '.', sizeof dots);
    values.local_part = text_from_bytes(dots, sizeof dots);
    assert_true(spf_macro_expand(TEXT("%{lr}"), &values, arena, &expanded));
    assert_int_equal(expanded.len, sizeof dots);
    assert_true(spf_macro_expand(TEXT("%{l2}"), &values, arena, &expanded));
    assert_int_equal(expanded.len, sizeof dots - SPF_MACRO_PARTS_MAX + 2);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_expand), cmocka_unit_test(test_expand_odd_values),
    cmocka_unit_test(test_forms), cmocka_unit_test(test_uses), cmocka_unit_test(test_domain),
    cmocka_unit_test(test_many_parts))
