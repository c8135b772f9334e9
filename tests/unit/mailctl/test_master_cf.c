/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/master-cf.h"

#include "tests/unit/unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const char file[] = "# Postfix master process configuration file.\n"
                           "smtp      inet  n       -       y       -       -       smtpd\n"
                           "127.0.0.1:10025 inet n - n - - smtpd\n"
                           "  -o content_filter= -osmtpd_milters=\n"
                           "# of the same entry\n"
                           "  -o { mynetworks = 127.0.0.0/8, [::1]/128 }\n"
                           "  -o  mynetworks_style=host -v\n"
                           "\n"
                           "#submission inet n       -       y       -       -       smtpd\n"
                           "#  -o syslog_name=postfix/submission\n"
                           "#     Instead of that,\n"
                           "# Choose one.\n"
                           "#submissions inet n      -       y       -       -       smtpd\n"
                           "bad inet n\n"
                           "pickup    unix  n       -       y       60      1       pickup";

static const struct {
    const char *name, *key, *option, *value; /* NULL: no such override */
} rows[] = {
    {"none",             "smtp/inet",            "content_filter",   NULL                    },
    {"empty",            "127.0.0.1:10025/inet", "content_filter",   ""                      },
    {"without a blank",  "127.0.0.1:10025/inet", "smtpd_milters",    ""                      },
    {"in braces",        "127.0.0.1:10025/inet", "mynetworks",       "127.0.0.0/8, [::1]/128"},
    {"behind a comment", "127.0.0.1:10025/inet", "mynetworks_style", "host"                  },
    {"a prefix",         "127.0.0.1:10025/inet", "mynetwork",        NULL                    },
};

static void test_parse(void **state)
{
    struct arena *arena = arena_new();
    struct master_cf master = master_cf_parse(text_from_string(file), arena);

    (void)state;
    assert_int_equal(master.count, 3);
    assert_text_equal(master.services[0].chroot, "y");
    assert_text_equal(master.services[1].command, "smtpd");
    assert_text_equal(master.services[2].name, "pickup");
    assert_null(master_cf_find(&master, TEXT("bad/inet")));
    assert_null(master_cf_find(&master, TEXT("submission/inet")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct master_cf_service *service =
            master_cf_find(&master, text_from_string(rows[i].key));
        const struct master_cf_option *option;

        unit_row(rows[i].name);
        assert_non_null(service);
        option = master_cf_option_find(service, text_from_string(rows[i].option));
        assert_int_equal(option != NULL, rows[i].value != NULL);
        if (option != NULL)
            assert_text_equal(option->value, rows[i].value);
    }
    arena_free(&arena);
}

static const struct {
    const char *name, *entry, *option, *value, *after;
} edits[] = {
    {"in its place",           "a inet n - y - - smtpd\n  -o x=1 -o y=2\n",    "x", "9",
     "a inet n - y - - smtpd\n  -o x=9 -o y=2\n"                                                                                },
    {"in braces",              "a inet n - y - - smtpd\n  -o { x = 1, 2 }\n",  "x", "9, 8",
     "a inet n - y - - smtpd\n  -o { x = 9, 8 }\n"                                                                              },
    {"what was empty",         "a inet n - y - - smtpd\n  -o x=\n  -o y=2\n",  "x", "9",
     "a inet n - y - - smtpd\n  -o x=9\n  -o y=2\n"                                                                             },
    {"new",                    "a inet n - y - - smtpd\nb unix - - - - - c\n", "x", "9",
     "a inet n - y - - smtpd\n  -o x=9\nb unix - - - - - c\n"                                                                   },
    {"new behind overrides",   "a inet n - y - - smtpd\n  -o y=2\n# c\n",      "x", "9",
     "a inet n - y - - smtpd\n  -o y=2\n  -o x=9\n# c\n"                                                                        },
    {"new at the end",         "a inet n - y - - smtpd",                       "x", "9",    "a inet n - y - - smtpd\n  -o x=9\n"},
    {"new with blanks",        "a inet n - y - - smtpd\n",                     "x", "9, 8",
     "a inet n - y - - smtpd\n  -o { x = 9, 8 }\n"                                                                              },
    {"blanks for one without", "a inet n - y - - smtpd\n  -o x=1\n",           "x", "9 8",
     "a inet n - y - - smtpd\n  -o x=1\n  -o { x = 9 8 }\n"                                                                     },
    {"the last of two",        "a inet n - y - - smtpd -o x=1 -o x=2\n",       "x", "9",
     "a inet n - y - - smtpd -o x=1 -o x=9\n"                                                                                   },
};

static void test_set(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(edits); i++) {
        struct text bytes = text_from_string(edits[i].entry);
        struct master_cf master = master_cf_parse(bytes, arena);
        const struct master_cf_service *service = master_cf_find(&master, TEXT("a/inet"));
        struct text after;

        unit_row(edits[i].name);
        assert_non_null(service);
        after = master_cf_set(bytes, service, text_from_string(edits[i].option),
            text_from_string(edits[i].value), arena);
        assert_text_equal(after, edits[i].after);
    }
    arena_free(&arena);
}

/* Behind the commented-out form, with all that goes on with it. */
static void test_add(void **state)
{
    struct arena *arena = arena_new();
    struct text bytes = text_from_string(file), after;
    static const char entry[] = "submission inet n - y - - smtpd\n";
    size_t at;

    (void)state;
    after = master_cf_add(bytes, TEXT("submission"), text_from_string(entry), arena);
    at = text_find_text(after, text_from_string(entry));
    assert_true(text_starts_with(text_skip(after, at + strlen(entry)), TEXT("# Choose one.\n")));
    after = master_cf_add(bytes, TEXT("other"), text_from_string(entry), arena);
    assert_true(text_ends_with_nocase(after, TEXT("pickup\nsubmission inet n - y - - smtpd\n")));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_parse), cmocka_unit_test(test_set), cmocka_unit_test(test_add))
