/* SPDX-License-Identifier: MIT */
#include "mailctl/mailbox-argument.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name, *input;
    enum mailbox_kind kind;
    enum err err;
    const char *address, *local_part, *domain; /* or what the failure says */
} rows[] = {
    {"plain",                     "alice@example.org",                                                       MAILBOX_USER,   ERR_NONE,   "alice@example.org",       "alice",
     "example.org"                                                                                                                                                                                                                                             },
    {"upper case",                "Alice.B@EXAMPLE.org",                                                     MAILBOX_USER,   ERR_NONE,   "alice.b@example.org",     "alice.b",
     "example.org"                                                                                                                                                                                                                                             },
    {"final dot of the domain",   "a@example.org.",                                                          MAILBOX_USER,   ERR_NONE,   "a@example.org",           "a",
     "example.org"                                                                                                                                                                                                                                             },
    {"U-labels",
     "a@b\xc3\xbc"
        "cher.example",                                                                                      MAILBOX_USER,   ERR_NONE,   "a@xn--bcher-kva.example", "a",                                                                "xn--bcher-kva.example"},
    {"all signs",                 "a+b-c_d=e'f&g~h#i@example.org",                                           MAILBOX_USER,   ERR_NONE,
     "a+b-c_d=e'f&g~h#i@example.org",                                                                                                                               "a+b-c_d=e'f&g~h#i",                                                "example.org"          },
    {"digits alone",              "007@example.org",                                                         MAILBOX_USER,   ERR_NONE,   "007@example.org",         "007",
     "example.org"                                                                                                                                                                                                                                             },
    {"catch-all, with a star",    "*@example.org",                                                           MAILBOX_ALIAS,  ERR_NONE,   "@example.org",            "",
     "example.org"                                                                                                                                                                                                                                             },
    {"a star of a user",          "*@example.org",                                                           MAILBOX_USER,   ERR_SYNTAX, "letters a to z",          NULL,                                                               NULL                   },
    {"stars",                     "**@example.org",                                                          MAILBOX_ALIAS,  ERR_SYNTAX, "letters a to z",          NULL,                                                               NULL                   },
    {"catch-all",                 "@example.org",                                                            MAILBOX_ALIAS,  ERR_NONE,   "@example.org",            "",                                                                 "example.org"          },
    {"target keeps its case",     "Some.One@Example.NET",                                                    MAILBOX_TARGET, ERR_NONE,
     "Some.One@example.net",                                                                                                                                        "Some.One",                                                         "example.net"          },
    {"target with a slash",       "a/b@example.net",                                                         MAILBOX_TARGET, ERR_NONE,   "a/b@example.net",         "a/b",
     "example.net"                                                                                                                                                                                                                                             },

    {"nothing",                   "",                                                                        MAILBOX_USER,   ERR_SYNTAX, "like name@example.org",   NULL,                                                               NULL                   },
    {"no sign",                   "alice",                                                                   MAILBOX_USER,   ERR_SYNTAX, "like name@example.org",   NULL,                                                               NULL                   },
    {"no domain",                 "alice@",                                                                  MAILBOX_USER,   ERR_SYNTAX, "like name@example.org",   NULL,                                                               NULL                   },
    {"user without local part",   "@example.org",                                                            MAILBOX_USER,   ERR_SYNTAX, "letters a to z",          NULL,
     NULL                                                                                                                                                                                                                                                      },
    {"target without local part", "@example.org",                                                            MAILBOX_TARGET, ERR_SYNTAX, "like name@",              NULL,
     NULL                                                                                                                                                                                                                                                      },
    {"one label",                 "alice@localhost",                                                         MAILBOX_USER,   ERR_SYNTAX, "behind the",              NULL,                                                               NULL                   },
    {"a domain with a blank",     "alice@exa mple.org",                                                      MAILBOX_USER,   ERR_SYNTAX, "behind the",              NULL,
     NULL                                                                                                                                                                                                                                                      },
    {"an address literal",        "alice@[192.0.2.1]",                                                       MAILBOX_USER,   ERR_SYNTAX, "behind the",              NULL,                                                               NULL                   },
    {"a first dot",               ".a@example.org",                                                          MAILBOX_USER,   ERR_SYNTAX, "single dots",             NULL,                                                               NULL                   },
    {"a last dot",                "a.@example.org",                                                          MAILBOX_USER,   ERR_SYNTAX, "single dots",             NULL,                                                               NULL                   },
    {"two dots",                  "a..b@example.org",                                                        MAILBOX_ALIAS,  ERR_SYNTAX, "single dots",             NULL,                                                               NULL                   },
    {"the folder above",          "..@example.org",                                                          MAILBOX_USER,   ERR_SYNTAX, "single dots",             NULL,                                                               NULL                   },
    {"a slash",                   "a/b@example.org",                                                         MAILBOX_USER,   ERR_SYNTAX, "letters a to z",          NULL,                                                               NULL                   },
    {"a percent sign",            "a%b@example.org",                                                         MAILBOX_USER,   ERR_SYNTAX, "letters a to z",          NULL,                                                               NULL                   },
    {"two signs",                 "a@b@example.org",                                                         MAILBOX_USER,   ERR_SYNTAX, "letters a to z",          NULL,                                                               NULL                   },
    {"quoted",                    "\"a\"@example.org",                                                       MAILBOX_TARGET, ERR_SYNTAX, "like name@",              NULL,                                                               NULL                   },
    {"a blank",                   "a b@example.org",                                                         MAILBOX_TARGET, ERR_SYNTAX, "like name@",              NULL,                                                               NULL                   },
    {"beyond ASCII",              "\xc3\xa4@example.org",                                                    MAILBOX_USER,   ERR_SYNTAX, "letters a to z",          NULL,
     NULL                                                                                                                                                                                                                                                      },
    {"65 characters",             "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345@b.org",
     MAILBOX_USER,                                                                                                           ERR_RANGE,  "more than 64",            NULL,                                                               NULL                   },
    {"64 characters",             "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234@b.org",
     MAILBOX_USER,                                                                                                           ERR_NONE,
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234@b.org",                                                                                      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234", "b.org"                },
};

static void test_parse(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mailbox_argument mailbox = {.address = TEXT_NONE};
        struct failure failure = {.text = ""};

        unit_row(rows[i].name);
        assert_int_equal(mailbox_argument_parse(text_from_string(rows[i].input), rows[i].kind,
                             arena, &mailbox, &failure),
            rows[i].err);
        if (rows[i].err == ERR_NONE) {
            assert_text_equal(mailbox.address, rows[i].address);
            assert_text_equal(mailbox.local_part, rows[i].local_part);
            assert_text_equal(mailbox.domain, rows[i].domain);
        } else {
            assert_null(mailbox.address.data);
            if (strstr(failure.text, rows[i].address) == NULL)
                fail_msg("\"%s\" does not say \"%s\"", failure.text, rows[i].address);
        }
    }
    arena_free(&arena);
}

static void test_bounds(void **state)
{
    char long_text[MAILBOX_ARGUMENT_MAX + 1];
    struct arena *arena = arena_new();
    struct mailbox_argument mailbox;

    (void)state;
    memset(long_text, 'a', sizeof long_text);
    assert_int_equal(mailbox_argument_parse(text_from_bytes(long_text, sizeof long_text),
                         MAILBOX_TARGET, arena, &mailbox, NULL),
        ERR_RANGE);
    /* A NUL is a byte like any other, and none of those that are permitted. */
    assert_int_equal(
        mailbox_argument_parse(TEXT("a\0b@example.org"), MAILBOX_TARGET, arena, &mailbox, NULL),
        ERR_SYNTAX);
    assert_int_equal(
        mailbox_argument_parse(TEXT("a\0b@example.org"), MAILBOX_USER, arena, &mailbox, NULL),
        ERR_SYNTAX);
    arena_free(&arena);
}

static void test_lower(void **state)
{
    struct arena *arena = arena_new();
    struct mailbox_argument mailbox;

    (void)state;
    assert_int_equal(
        mailbox_argument_parse(TEXT("Some.One@example.net"), MAILBOX_TARGET, arena, &mailbox, NULL),
        ERR_NONE);
    mailbox_argument_lower(&mailbox, arena);
    assert_text_equal(mailbox.address, "some.one@example.net");
    assert_text_equal(mailbox.local_part, "some.one");
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_parse), cmocka_unit_test(test_bounds), cmocka_unit_test(test_lower))
