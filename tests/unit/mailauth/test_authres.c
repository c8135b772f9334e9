/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/authres.h"

#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

static void test_write(void **state)
{
    struct arena *arena = arena_new();
    struct authres_writer *writer = authres_writer_new(TEXT("mx.example.org"), arena);

    (void)state;
    authres_method(writer, "iprev", "pass", NULL);
    authres_property(writer, "policy", "iprev", TEXT("2001:db8::25"));
    authres_method(writer, "spf", "pass", NULL);
    authres_property(writer, "smtp", "mailfrom", TEXT("example.net"));
    authres_method(writer, "dkim", "fail", "body hash did not verify");
    authres_property(writer, "header", "d", TEXT("example.net"));
    authres_property(writer, "header", "i", TEXT("@example.net"));
    authres_property(writer, "header", "a", TEXT("rsa-sha256"));
    authres_property(writer, "header", "s", TEXT("2026q4r"));
    authres_property(writer, "header", "b", TEXT("F45d/VW="));
    authres_comment(writer, "a (nested) \\ comment");
    assert_text_equal(authres_finish(writer), " mx.example.org;\r\n"
                                              "\tiprev=pass policy.iprev=\"2001:db8::25\";\r\n"
                                              "\tspf=pass smtp.mailfrom=example.net;\r\n"
                                              "\tdkim=fail reason=\"body hash did not verify\" "
                                              "header.d=example.net\r\n"
                                              "\theader.i=@example.net header.a=rsa-sha256 "
                                              "header.s=2026q4r\r\n"
                                              "\theader.b=\"F45d/VW=\" "
                                              "(a \\(nested\\) \\\\ comment)");
    arena_free(&arena);
}

static void test_write_nothing(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_text_equal(
        authres_finish(authres_writer_new(TEXT("mx.example.org"), arena)), " mx.example.org; none");
    assert_text_equal(authres_finish(authres_writer_new(TEXT("our mail host"), arena)),
        " \"our mail host\"; none");
    arena_free(&arena);
}

static void test_values(void **state)
{
    static const struct {
        const char *name, *value, *written;
    } rows[] = {
        {"token",                         "rsa-sha256",                            "rsa-sha256"                  },
        {"address",                       "ann@example.org",                       "ann@example.org"             },
        {"dotted local part",             "ann.b+c@example.org",                   "ann.b+c@example.org"         },
        {"domain behind an at sign",      "@example.org",                          "@example.org"                },
        {"local part with two dots",      "ann..b@example.org",                    "\"ann..b@example.org\""      },
        {"local part ends in a dot",      "ann.@example.org",                      "\"ann.@example.org\""        },
        {"local part with a blank",       "an n@example.org",                      "\"an n@example.org\""        },
        {"at sign alone",                 "@",                                     "\"@\""                       },
        {"address literal",               "ann@[192.0.2.1]",                       "\"ann@[192.0.2.1]\""         },
        {"IPv4",                          "192.0.2.1",                             "192.0.2.1"                   },
        {"IPv6",                          "2001:db8::1",                           "\"2001:db8::1\""             },
        {"empty",                         "",                                      "\"\""                        },
        {"quote and backslash",           "a\"b\\c",                               "\"a\\\"b\\\\c\""             },
        {"semicolon",                     "a; spf=pass",                           "\"a; spf=pass\""             },
        {"line end",                      "a\r\nX-Evil: 1",                        "\"aX-Evil: 1\""              },
        {"tab, escape and delete",        "a\t\x1b\x7f",                           "a"                           },
        {"UTF-8",                         "j\xc3\xb8rn@example.org",               "\"j\xc3\xb8rn@example.org\"" },
        {"UTF-8 of three and four",       "\xe2\x82\xac\xf0\x9f\x93\xa7",
         "\"\xe2\x82\xac\xf0\x9f\x93\xa7\""                                                                      },
        {"first and last of two bytes",   "\xc2\x80\xdf\xbf",                      "\"\xc2\x80\xdf\xbf\""        },
        {"first and last of three bytes", "\xe0\xa0\x80\xef\xbf\xbf",
         "\"\xe0\xa0\x80\xef\xbf\xbf\""                                                                          },
        {"first and last of four bytes",  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
         "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""                                                                  },
        {"around the surrogates",         "\xed\x9f\xbf\xee\x80\x80",              "\"\xed\x9f\xbf\xee\x80\x80\""},
        {"later bytes alone",             "a\x80\x80\x80\x80\xbf\x80\x80\x80",     "a"                           },
        {"no first byte",                 "a\xf5\x80\x80\x80\xfe\xc1\xbf",         "a"                           },
        {"local part begins with a dot",  ".ann@example.org",                      "\".ann@example.org\""        },
        {"broken UTF-8",                  "a\xc3(\xff\x80",                        "\"a(\""                      },
        {"cut UTF-8",                     "a\xe2\x82",                             "a"                           },
        {"overlong UTF-8",                "a\xe0\x80\xaf\xf0\x80\x80\xaf\xc0\xaf", "a"                           },
        {"surrogate and beyond Unicode",  "a\xed\xa0\x80\xf4\x90\x80\x80",         "a"                           },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct authres_writer *writer = authres_writer_new(TEXT("id"), arena);
        struct text wanted = arena_print(arena, " id;\r\n\tm=pass p.v=%s", rows[i].written);
        struct text value = exact_copy(rows[i].value);

        unit_row(rows[i].name);
        authres_method(writer, "m", "pass", NULL);
        authres_property(writer, "p", "v", value);
        exact_free(value);
        assert_string_equal(authres_finish(writer).data, wanted.data);
        arena_free(&arena);
    }
}

/* A reason is a token or in quotes; the address that a property may be is neither (§2.2). */
static void test_reasons(void **state)
{
    static const struct {
        const char *reason, *wanted;
    } rows[] = {
        {"token",       " id;\r\n\tdkim=fail reason=token"          },
        {"two words",   " id;\r\n\tdkim=fail reason=\"two words\""  },
        {"a@b.example", " id;\r\n\tdkim=fail reason=\"a@b.example\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct authres_writer *writer = authres_writer_new(TEXT("id"), arena);

        unit_row(rows[i].reason);
        authres_method(writer, "dkim", "fail", rows[i].reason);
        assert_text_equal(authres_finish(writer), rows[i].wanted);
        arena_free(&arena);
    }
}

/* No input makes a line or a field that servers would cut. */
static void test_write_bounds(void **state)
{
    struct arena *arena = arena_new();
    struct authres_writer *writer = authres_writer_new(TEXT("id"), arena);
    struct text field, line, rest;
    char value[2000];

    (void)state;
    memset(value, '"', sizeof value);
    for (size_t i = 0; i < 200; i++) {
        authres_method(writer, "dkim", "fail", "reason");
        authres_property(writer, "header", "i", text_from_bytes(value, sizeof value));
        authres_comment(writer, "comment");
    }
    field = authres_finish(writer);
    assert_true(field.len <= AUTHRES_FIELD_MAX);
    assert_true(field.len > AUTHRES_FIELD_MAX / 2);
    rest = field;
    while (text_split(&rest, '\n', &line))
        assert_true(line.len <= 998);
    arena_free(&arena);
}

/* A longer value is cut; a character of it never is. */
static void test_value_bound(void **state)
{
    static const struct {
        size_t quotes; /* each is written with a backslash */
        const char *behind;
        size_t written;
    } rows[] = {
        {383, "x",        2 * 383 + 1},
        {384, "",         2 * 384    },
        {385, "",         2 * 384    },
        {383, "\xc3\xbc", 2 * 383    },
        {382, "\xc3\xbc", 2 * 382 + 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct authres_writer *writer = authres_writer_new(TEXT("id"), arena);
        char value[400];

        memset(value, '"', sizeof value);
        memcpy(value + rows[i].quotes, rows[i].behind, strlen(rows[i].behind) + 1);
        authres_method(writer, "m", "pass", value);
        assert_int_equal(authres_finish(writer).len,
            strlen(" id;\r\n\tm=pass\r\n\treason=\"\"") + rows[i].written);
        arena_free(&arena);
    }
}

#define ROOM_MAX (AUTHRES_FIELD_MAX - 4 * (size_t)384)

/* The length of a field with that many bytes in its last value, and perhaps a method more. */
static size_t long_field_len(size_t last, bool more)
{
    struct arena *arena = arena_new();
    struct authres_writer *writer = authres_writer_new(TEXT("id"), arena);
    char value[384];
    size_t len;

    memset(value, 'x', sizeof value);
    authres_method(writer, "m", "pass", NULL);
    for (size_t i = 0; i < (ROOM_MAX - 100) / 307; i++) /* each with its line end and name */
        authres_property(writer, "p", "v", text_from_bytes(value, 300));
    authres_property(writer, "p", "v", text_from_bytes(value, last));
    if (more)
        authres_method(writer, "m", "pass", NULL);
    len = authres_finish(writer).len;
    arena_free(&arena);
    return len;
}

/* Up to this length there is room for one more part. */
static void test_room_bound(void **state)
{
    size_t last = 100 + ROOM_MAX - long_field_len(100, false);

    (void)state;
    assert_int_equal(long_field_len(last, false), ROOM_MAX);
    assert_true(long_field_len(last, true) > ROOM_MAX);
    assert_int_equal(long_field_len(last + 1, true), ROOM_MAX + 1);
}

/* Each kind of part alone stops at the bound. */
static void test_full(void **state)
{
    static const char *const kinds[] = {"methods", "properties", "comments"};
    char value[300];

    (void)state;
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        struct arena *arena = arena_new();
        struct authres_writer *writer = authres_writer_new(TEXT("id"), arena);

        unit_row(kinds[kind]);
        authres_method(writer, "dkim", "fail", NULL);
        for (size_t i = 0; i < AUTHRES_FIELD_MAX / 100; i++) {
            if (kind == 0)
                authres_method(writer, "dkim", "fail", value);
            else if (kind == 1)
                authres_property(writer, "header", "b", text_from_string(value));
            else
                authres_comment(writer, value);
        }
        assert_true(authres_finish(writer).len <= AUTHRES_FIELD_MAX);
        arena_free(&arena);
    }
}

static void test_read_id(void **state)
{
    static const struct {
        const char *name, *value, *id;
    } rows[] = {
        {"plain",                     " mx.example.org; none",                                     "mx.example.org"           },
        {"no blank",                  "mx.example.org;none",                                       "mx.example.org"           },
        {"capitals",                  " MX.Example.ORG; none",                                     "mx.example.org"           },
        {"folded",                    "\r\n\tmx.example.org\r\n ; none",                           "mx.example.org"           },
        {"comment before",            " (hello (nested \\) ) ) mx.example.org; none",              "mx.example.org"           },
        {"comment behind",            " mx.example.org(hello); none",                              "mx.example.org"           },
        {"quoted",                    " \"mx.example.org\"; none",                                 "mx.example.org"           },
        {"quoted with pairs",         " \"m\\x.example\\.org\"; none",                             "mx.example.org"           },
        {"quoted and folded",         " \"mx.\r\nexample.org\"; none",                             "mx.example.org"           },
        {"quoted with blanks around", " \" mx.example.org \"; none",                               "mx.example.org"           },
        {"final dot",                 " mx.example.org.; none",                                    "mx.example.org"           },
        {"version",                   " mx.example.org 1; none",                                   "mx.example.org"           },
        {"U-label",                   " mx.m\xc3\xbcnchen.example; none",                          "mx.xn--mnchen-3ya.example"},
        {"no domain",                 " \"Our Host\"; none",                                       "our host"                 },
        {"DEL ends a token",          " mx\x7f.example.org; none",                                 "mx"                       },
        {"nothing behind",            " mx.example.org",                                           "mx.example.org"           },
        {"empty",                     "",                                                          NULL                       },
        {"blanks",                    " \r\n\t",                                                   NULL                       },
        {"semicolon first",           " ; none",                                                   NULL                       },
        {"empty quotes",              " \"\"; none",                                               NULL                       },
        {"open quotes",               " \"mx.example.org; none",                                   NULL                       },
        {"open quotes and backslash", " \"mx\\",                                                   NULL                       },
        {"open comment",              " (mx.example.org; none",                                    NULL                       },
        {"comment as deep as may be", " ((((((((((((((((x)))))))))))))))) mx.example.org; none",
         "mx.example.org"                                                                                                     },
        {"comment too deep",          " (((((((((((((((((x))))))))))))))))) mx.example.org; none", NULL                       },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct text value = exact_copy(rows[i].value), id;

        unit_row(rows[i].name);
        assert_int_equal(authres_read_id(value, arena, &id), rows[i].id != NULL);
        if (rows[i].id != NULL)
            assert_text_equal(id, rows[i].id);
        exact_free(value);
        arena_free(&arena);
    }
}

static void test_forged(void **state)
{
    static const struct {
        const char *name, *field, *value;
        bool is_forged;
    } rows[] = {
        {"ours",                                   "Authentication-Results",     " mx.example.org; spf=pass",          true },
        {"ours, name in another case",             "AUTHENTICATION-results",     " mx.example.org; spf=pass",          true },
        {"ours, blank behind the name",            "Authentication-Results ",    " mx.example.org; a=b",               true },
        {"ours in capitals",                       "Authentication-Results",     " MX.EXAMPLE.ORG; spf=pass",          true },
        {"ours quoted",                            "Authentication-Results",     " \"mx.example\\.org\"; spf=pass",    true },
        {"ours behind a comment",                  "Authentication-Results",     "(x)mx.example.org; spf=pass",        true },
        {"ours folded",                            "Authentication-Results",     "\r\n mx.example.org\r\n\t;spf=pass", true },
        {"ours with version",                      "Authentication-Results",     " mx.example.org 1; spf=pass",        true },
        {"ours with another version",              "Authentication-Results",     " mx.example.org 2; a=b",             true },
        {"ours with a final dot",                  "Authentication-Results",     " mx.example.org.; spf=pass",         true },
        {"ours with a slash",                      "Authentication-Results",     " mx.example.org/1; spf=pass",        true },
        {"ours without semicolon",                 "Authentication-Results",     " mx.example.org spf=pass",           true },
        {"ours cut by blanks",                     "Authentication-Results",     " mx . example . org; spf=pass",      true },
        {"ours in a comment",                      "Authentication-Results",     " (mx.example.org) x.org; a=b",       true },
        {"ours in a later comment",                "Authentication-Results",     " x.org (mx.example.org); a=b",       true },
        {"another version",                        "Authentication-Results",     " x.org 2; spf=pass",                 true },
        {"a version beyond all numbers",           "Authentication-Results",     " x.org 4294967297; a=b",             true },
        {"no id",                                  "Authentication-Results",     " spf=pass smtp.mailfrom=x.org",      true },
        {"encoded word",                           "Authentication-Results",     " =?utf-8?q?mx.example.org?=; a=b",   true },
        {"empty",                                  "Authentication-Results",     "",                                   true },
        {"open comment",                           "Authentication-Results",     " (x.org; a=b",                       true },
        {"open comment behind",                    "Authentication-Results",     " x.org (; a=b",                      true },
        {"open comment behind the version",        "Authentication-Results",     " x.org 1 (; a=b",                    true },
        {"ours behind a no-break space",           "Authentication-Results",     " \xc2\xa0mx.example.org; a=b",
         true                                                                                                               },
        {"ours before a no-break space",           "Authentication-Results",     " mx.example.org\xc2\xa0; a=b",
         true                                                                                                               },
        {"ours quoted with a no-break space",      "Authentication-Results",
         " \"\xc2\xa0mx.example.org\"; a=b",                                                                           true },
        {"ours with a broken byte",                "Authentication-Results",     " mx.example.org\xff; a=b",           true },
        {"another's with U-labels",                "Authentication-Results",     " m\xc3\xbcnchen.example; a=b",
         false                                                                                                              },
        {"another's",                              "Authentication-Results",     " mx.example.net; spf=pass",          false},
        {"another's with version",                 "Authentication-Results",     " x.org (c) 1 (d) ; a=b",             false},
        {"below ours",                             "Authentication-Results",     " (a.mx.example.org) x.org; a=b",     false},
        {"begins like ours",                       "Authentication-Results",     " (mx.example.organic) x.org; a=b",   false},
        {"goes on behind ours",                    "Authentication-Results",     " (mx.example.org.uk) x.org; a=b",    false},
        {"ours in a result",                       "Authentication-Results",     " x.org; spf=pass (mx.example.org)",  false},
        {"ours and a dot in a comment",            "Authentication-Results",     " (mx.example.org.) x.org; a=b",
         true                                                                                                               },
        {"ours and a hyphen",                      "Authentication-Results",     " (mx.example.org-x) x.org; a=b",     false},
        {"ours and an underscore",                 "Authentication-Results",     " (mx.example.org_x) x.org; a=b",
         false                                                                                                              },
        {"ours behind a hyphen",                   "Authentication-Results",     " (x-mx.example.org) x.org; a=b",     false},
        {"ours behind a byte of UTF-8",            "Authentication-Results",
         " (\xc3\xbcmx.example.org) x.org; a=b",                                                                       false},
        {"ours between odd bytes",                 "Authentication-Results",     " (/mx.example.org/) x.org; a=b",
         true                                                                                                               },
        {"begins with ours",                       "Authentication-Results",     "mx.example.org.uk; a=b",             false},
        {"ours at the end of a token",             "Authentication-Results",     "x+mx.example.org",                   true },
        {"ours and a dot at the end of a token",   "Authentication-Results",     "x+mx.example.org.",
         true                                                                                                               },
        {"ours before a name that is not its own", "Authentication-Results",
         " (mx.example.org=x) x.org; a=b",                                                                             true },
        {"another field",                          "X-Authentication-Results",   " mx.example.org; spf=pass",          false},
        {"ARC's",                                  "ARC-Authentication-Results", " i=1; mx.example.org; spf=pass",     false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct header_field field = {
            .name = text_from_string(rows[i].field), .value = exact_copy(rows[i].value)};
        struct arena *arena = arena_new();

        unit_row(rows[i].name);
        assert_int_equal(
            authres_is_forged(&field, TEXT("mx.example.org"), arena), rows[i].is_forged);
        exact_free(field.value);
        arena_free(&arena);
    }
}

static void test_forged_labels(void **state)
{
    struct header_field u_label = {
        .name = TEXT("Authentication-Results"), .value = TEXT(" m\xc3\xbcnchen.example; a=b")};
    struct header_field a_label = {
        .name = TEXT("Authentication-Results"), .value = TEXT(" XN--mnchen-3ya.example; a=b")};
    struct header_field no_domain = {
        .name = TEXT("Authentication-Results"), .value = TEXT(" \"OUR host\"; a=b")};
    struct arena *arena = arena_new();

    (void)state;
    assert_true(authres_is_forged(&u_label, TEXT("xn--mnchen-3ya.example"), arena));
    assert_true(authres_is_forged(&a_label, TEXT("m\xc3\xbcnchen.example"), arena));
    assert_true(authres_is_forged(&no_domain, TEXT("Our Host"), arena));
    assert_false(authres_is_forged(&no_domain, TEXT("Your Host"), arena));
    assert_false(authres_is_forged(&no_domain, TEXT(""), arena));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_write), cmocka_unit_test(test_write_nothing),
    cmocka_unit_test(test_values), cmocka_unit_test(test_reasons),
    cmocka_unit_test(test_write_bounds), cmocka_unit_test(test_value_bound),
    cmocka_unit_test(test_room_bound), cmocka_unit_test(test_full), cmocka_unit_test(test_read_id),
    cmocka_unit_test(test_forged), cmocka_unit_test(test_forged_labels))
