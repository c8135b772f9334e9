/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "lib/mailauth/header.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

static void test_name_is_valid(void **state)
{
    (void)state;
    assert_true(header_name_is_valid(TEXT("From")));
    assert_true(header_name_is_valid(TEXT("!~")));
    assert_false(header_name_is_valid(TEXT("")));
    assert_false(header_name_is_valid(TEXT("a b")));
    assert_false(header_name_is_valid(TEXT("a:b")));
    assert_false(header_name_is_valid(TEXT("a\177")));
    assert_false(header_name_is_valid(TEXT("\u00fc")));
    assert_false(header_name_is_valid(TEXT("a\0b")));
}

static void test_make(void **state)
{
    static const struct {
        const char *name, *field_name, *value, *made, *raw;
    } rows[] = {
        {"plain",                  "From",    " a@b",        " a@b",            "From: a@b"           },
        {"no blank",               "From",    "a@b",         "a@b",             "From:a@b"            },
        {"empty",                  "From",    "",            "",                "From:"               },
        {"LF folds",               "From",    " a\n b\n\tc", " a\r\n b\r\n\tc", "From: a\r\n b\r\n\tc"},
        {"CRLF folds",             "From",    " a\r\n b",    " a\r\n b",        "From: a\r\n b"       },
        {"LF first",               "From",    "\n a",        "\r\n a",          "From:\r\n a"         },
        {"line end behind",        "From",    " a \r\n",     " a ",             "From: a "            },
        {"blanks behind the name", "From \t", " a",          " a",              "From: a"             },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct header_field field = header_field_make(
            text_from_string(rows[i].field_name), exact_row(rows[i].value), arena);

        unit_row(rows[i].name);
        assert_text_equal(field.name, "From");
        assert_text_equal(field.value, rows[i].made);
        assert_text_equal(field.raw, rows[i].raw);
    }
    arena_free(&arena);
}

static void test_unfold(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_text_equal(header_unfold(TEXT(" a\r\n b\r\n\tc \r\n"), arena), "a b\tc");
    assert_text_equal(header_unfold(TEXT(""), arena), "");
    assert_text_equal(header_unfold(TEXT_NONE, arena), "");
    arena_free(&arena);
}

/* "local@domain" with "|" between; NULL: not an address list. */
static const struct {
    const char *name, *value, *expected;
} address_rows[] = {
    {"bare",                          "a@example.org",                                     "a@example.org"                },
    {"angle",                         " Alice <a@example.org>",                            "a@example.org"                },
    {"angle alone",                   "<a@example.org>",                                   "a@example.org"                },
    {"two",                           "a@example.org, Bob B. <b@example.net>",             "a@example.org|b@example.net"  },
    {"empty elements",                ", ,a@example.org,,",                                "a@example.org"                },
    {"folded",                        "\r\n Alice\r\n\t<a@example.org>\r\n",               "a@example.org"                },
    {"quoted name",                   "\"x@y.example, <z@y.example>\" <a@example.org>",    "a@example.org"                },
    {"quoted pair in a name",         "\"x\\\" <y@z>\" <a@example.org>",                   "a@example.org"                },
    {"quoted name left open",         "\"x <a@example.org>",                               NULL                           },
    {"encoded word",                  "=?utf-8?q?Al=2C_ice?= <a@example.org>",             "a@example.org"                },
    {"UTF-8",                         "J\u00f6rg <j\u00f6rg@b\u00fccher.example>",         "j\u00f6rg@b\u00fccher.example"},
    {"dots in a name",                "Dr. A. Lice <a@example.org>",                       "a@example.org"                },
    {"at in a name",                  "x@example.net <a@example.org>",                     "a@example.org"                },
    {"literal in a name",             "x@[192.0.2.1] <a@example.org>",                     "a@example.org"                },
    {"comments",                      "(one) a (two (three)) @ (four) example.org (five)", "a@example.org"                },
    {"comment with an address",       "(<x@y.example>) a@example.org",                     "a@example.org"                },
    {"quoted pair in a comment",      "(\\)) a@example.org",                               "a@example.org"                },
    {"comment left open",             "a@example.org (",                                   NULL                           },
    {"comment never opened",          "a@example.org )",                                   NULL                           },
    {"name in a comment",             "a@example.org (Alice)",                             "a@example.org"                },
    {"comments in angle brackets",    "<(x)a@example.org(y)>",                             "a@example.org"                },
    {"quoted local part",             "\"a b\\\"c\"@example.org",                          "a b\"c@example.org"           },
    {"quoted local part folded",      "\"a\r\n b\"@example.org",                           "a b@example.org"              },
    {"at in a quoted local part",     "\"a@example.net\"@example.org",                     "a@example.net@example.org"    },
    {"empty quoted local part",       "\"\"@example.org",                                  "@example.org"                 },
    {"words and dots",                "a . \"b\" . c @ example . org",                     "a.b.c@example.org"            },
    {"dots side by side",             "a..b.@example.org",                                 "a..b.@example.org"            },
    {"two words",                     "a b@example.org",                                   NULL                           },
    {"quoted string and atom",        "\"a\"b@example.org",                                NULL                           },
    {"literal",                       "a@[IPv6:2001:db8::1]",                              "a@[IPv6:2001:db8::1]"         },
    {"literal left open",             "a@[192.0.2.1",                                      NULL                           },
    {"literal twice opened",          "a@[[192.0.2.1]",                                    NULL                           },
    {"route",                         "<@x.example,@y.example:a@example.org>",             "a@example.org"                },
    {"route, comma first",            "<,@x.example:a@example.org>",                       "a@example.org"                },
    {"control byte in a literal",     "a@[192.0.2.1\001]",                                 NULL                           },
    {"route left open",               "<@x.example a@example.org>",                        NULL                           },
    {"group",                         "Team: a@example.org, B <b@example.net>;",           "a@example.org|b@example.net"  },
    {"group and more",                "T: a@example.org; , b@example.net",                 "a@example.org|b@example.net"  },
    {"empty group",                   "undisclosed-recipients:;",                          ""                             },
    {"group left open",               "Team: a@example.org",                               NULL                           },
    {"group in a group",              "A: B: a@example.org;;",                             NULL                           },
    {"group in a group, closed once", "A: B: a@example.org;",                              NULL                           },
    {"no comma between",              "a@example.org b@example.net",                       NULL                           },
    {"group without a name",          ": a@example.org;",                                  NULL                           },
    {"an address behind a group",     "A:; b@example.net",                                 NULL                           },
    {"something behind a group",      "A:; b",                                             NULL                           },
    {"empty",                         "",                                                  NULL                           },
    {"blanks",                        " \r\n ",                                            NULL                           },
    {"commas",                        ",,",                                                NULL                           },
    {"no domain",                     "alice",                                             NULL                           },
    {"empty domain",                  "a@",                                                NULL                           },
    {"empty local part",              "@example.org",                                      NULL                           },
    {"two at",                        "a@b@example.org",                                   NULL                           },
    {"empty angle",                   "Alice <>",                                          NULL                           },
    {"angle left open",               "Alice <a@example.org",                              NULL                           },
    {"angle twice",                   "<<a@example.org>>",                                 NULL                           },
    {"two angles",                    "<a@example.org> <b@example.net>",                   NULL                           },
    {"something behind",              "<a@example.org> b",                                 NULL                           },
    {"comma in a name",               "Alice, Ltd <a@example.org>",                        NULL                           },
    {"semicolon behind",              "a@example.org;",                                    NULL                           },
    {"two domains",                   "a@example.org example.net",                         NULL                           },
    {"control byte",                  "a\001@example.org",                                 NULL                           },
    {"backslash",                     "a\\b@example.org",                                  NULL                           },
};

static void list_addresses(
    const struct header_address *addresses, size_t count, struct buffer *list)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_format(list, "%s%.*s@%.*s", i != 0 ? "|" : "",
            TEXT_ARGS(addresses[i].local_part), TEXT_ARGS(addresses[i].domain));
}

static void test_addresses(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof address_rows / sizeof *address_rows; i++) {
        const struct header_address *addresses = NULL;
        struct buffer list = BUFFER_NONE;
        size_t count = 0;
        enum header_addresses outcome;

        unit_row(address_rows[i].name);
        outcome =
            header_parse_addresses(exact_row(address_rows[i].value), arena, &addresses, &count);
        assert_int_equal(
            outcome, address_rows[i].expected != NULL ? HEADER_ADDRESSES_OK : HEADER_ADDRESSES_BAD);
        list_addresses(addresses, count, &list);
        if (address_rows[i].expected != NULL)
            assert_string_equal(buffer_string(&list), address_rows[i].expected);
        buffer_done(&list);
    }
    arena_free(&arena);
}

static void test_addresses_bounds(void **state)
{
    struct arena *arena = arena_new();
    struct buffer list = BUFFER_NONE;
    const struct header_address *addresses;
    size_t count;

    (void)state;
    for (int i = 0; i < HEADER_ADDRESSES_MAX; i++)
        buffer_append_string(&list, "a@b,");
    assert_int_equal(
        header_parse_addresses(buffer_text(&list), arena, &addresses, &count), HEADER_ADDRESSES_OK);
    assert_int_equal(count, HEADER_ADDRESSES_MAX);
    buffer_append_string(&list, "a@b");
    assert_int_equal(header_parse_addresses(buffer_text(&list), arena, &addresses, &count),
        HEADER_ADDRESSES_BAD);
    assert_int_equal(header_parse_addresses(TEXT("a@b\0.example"), arena, &addresses, &count),
        HEADER_ADDRESSES_BAD);
    assert_int_equal(
        header_parse_addresses(TEXT("\"a\0\"@b"), arena, &addresses, &count), HEADER_ADDRESSES_BAD);
    assert_int_equal(
        header_parse_addresses(TEXT_NONE, arena, &addresses, &count), HEADER_ADDRESSES_BAD);
    buffer_done(&list);
    arena_free(&arena);
}

static void test_salvage(void **state)
{
    static const struct {
        const char *name, *value, *domains; /* each with a blank behind it */
    } rows[] = {
        {"nothing",                    "CEO",                                       ""                        },
        {"two brackets",               "\"CEO\" <ceo@example.com> <x@example.net>", "example.com example.net "},
        {"open bracket",               "CEO <ceo@example.com",                      "example.com "            },
        {"comments and blanks",        "ceo @ (x) example (y) . com <",             "example.com "            },
        {"open comment",               "ceo@example.com (x",                        "example.com "            },
        {"comment that opens at once", "ceo@(x",                                    " "                       },
        {"literal",                    "ceo@[192.0.2.1] <",                         "[192.0.2.1] "            },
        {"open literal",               "ceo@[192.0.2.1",                            " "                       },
        {"at sign at the end",         "ceo@",                                      " "                       },
        {"in quotes",                  "\"a@example.com\" <",                       "example.com "            },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct text all = TEXT("");
        const struct text *domains;
        size_t count;

        unit_row(rows[i].name);
        assert_true(header_salvage_domains(exact_row(rows[i].value), arena, &domains, &count));
        for (size_t j = 0; j < count; j++)
            all = arena_print(arena, "%.*s%.*s ", TEXT_ARGS(all), TEXT_ARGS(domains[j]));
        assert_text_equal(all, rows[i].domains);
        arena_free(&arena);
    }
}

/* At signs without end cost no more than the bound allows, and the caller is told. */
static void test_salvage_bounds(void **state)
{
    struct arena *arena = arena_new();
    const struct text *domains;
    char value[2 * HEADER_ADDRESSES_MAX + 2];
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = i % 2 == 0 ? '@' : '(';
    assert_true(header_salvage_domains(
        text_from_bytes(value, 2 * HEADER_ADDRESSES_MAX), arena, &domains, &count));
    assert_int_equal(count, HEADER_ADDRESSES_MAX);
    assert_false(
        header_salvage_domains(text_from_bytes(value, sizeof value), arena, &domains, &count));
    assert_int_equal(count, HEADER_ADDRESSES_MAX);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_salvage), cmocka_unit_test(test_salvage_bounds),
    cmocka_unit_test(test_name_is_valid), cmocka_unit_test(test_make),
    cmocka_unit_test(test_unfold), cmocka_unit_test(test_addresses),
    cmocka_unit_test(test_addresses_bounds))
