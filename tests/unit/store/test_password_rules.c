/* SPDX-License-Identifier: MIT */
#include "lib/store/password-rules.h"

#include "lib/store/password.h"
#include "tests/unit/unit.h"

/* Of alice.smith@shop.example.org, who is displayed as "Zoë Müller", on the host mx7. */
static const struct text names[] = {
    {"alice.smith",              11},
    {"shop.example.org",         16},
    {"Zo\xc3\xab M\xc3\xbcller", 12},
    {"mx7",                      3 },
    {NULL,                       0 },
};

static const struct row {
    const char *name, *password;
    enum password_flaw flaw;
} rows[] = {
    {"words",                           "correct horse battery staple",                           PASSWORD_FLAW_NONE   },
    {"letters and signs by chance",     "v9#Lq2;xTz0w",                                           PASSWORD_FLAW_NONE   },
    {"letters by chance",               "gmwtkzvhcpdj",                                           PASSWORD_FLAW_NONE   },
    {"digits by chance",                "839174026159",                                           PASSWORD_FLAW_NONE   },
    {"an umlaut is one character",
     "\xc3\xbc"
        "berlandweg!",                                                                            PASSWORD_FLAW_NONE   },
    {"of other letters",
     "\xd0\xba\xd0\xbe\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb0 \xd0\xb8\xd0\xb4\xd0\xb5\xd1\x82\xd0\xb5", PASSWORD_FLAW_NONE   },
    {"a common word among others",      "my password is a tall giraffe",                          PASSWORD_FLAW_NONE   },
    {"the user's name among others",    "alice saw seven quiet herons",                           PASSWORD_FLAW_NONE   },
    {"eleven",                          "v9#Lq2;xTz0",                                            PASSWORD_FLAW_SHORT  },
    {"eleven umlauts",
     "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xbc\xc3\xb6\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xbc\xc3\xb6",  PASSWORD_FLAW_SHORT  },
    {"none",                            "",                                                       PASSWORD_FLAW_SHORT  },
    {"one letter",                      "aaaaaaaaaaaaaaaa",                                       PASSWORD_FLAW_PATTERN},
    {"one letter in both cases",        "aAaAaAaaAAaaAaAA",                                       PASSWORD_FLAW_PATTERN},
    {"the alphabet",                    "abcdefghijklmnop",                                       PASSWORD_FLAW_PATTERN},
    {"backwards",                       "zyxwvutsrqponml",                                        PASSWORD_FLAW_PATTERN},
    {"numbers",                         "1234567890123456",                                       PASSWORD_FLAW_PATTERN},
    {"a row of keys",                   "qwertyuiop[]",                                           PASSWORD_FLAW_PATTERN},
    {"rows of keys",                    "qwertyuiopasdfgh",                                       PASSWORD_FLAW_PATTERN},
    {"rows and numbers",                "asdfghjkl12345",                                         PASSWORD_FLAW_PATTERN},
    {"a German row",                    "yxcvbnmqwertz",                                          PASSWORD_FLAW_PATTERN},
    {"a French row",                    "azertyuiopqsd",                                          PASSWORD_FLAW_PATTERN},
    {"columns of keys",                 "1qaz2wsx3edc4rfv",                                       PASSWORD_FLAW_PATTERN},
    {"signs of a row",                  "!@#$%^&*()!@#",                                          PASSWORD_FLAW_PATTERN},
    {"pairs",                           "aabbccddeeffgg",                                         PASSWORD_FLAW_PATTERN},
    {"three times the same",            "tik9tik9tik9",                                           PASSWORD_FLAW_PATTERN},
    {"repeated and cut off",            "mop4mop4mop4m",                                          PASSWORD_FLAW_PATTERN},
    {"one umlaut",
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
        "\xc3\xa4",                                                                               PASSWORD_FLAW_PATTERN},
    {"a long one repeated counts once", "giraffe42giraffe42",                                     PASSWORD_FLAW_NONE   },
    {"a common word",                   "password1976!",                                          PASSWORD_FLAW_WORDS  },
    {"with signs for letters",          "P@$$w0rd-2024",                                          PASSWORD_FLAW_WORDS  },
    {"a season",                        "Winter2025/26",                                          PASSWORD_FLAW_WORDS  },
    {"common words",                    "iloveyouwelcome7",                                       PASSWORD_FLAW_WORDS  },
    {"the local part",                  "alice.smith99",                                          PASSWORD_FLAW_WORDS  },
    {"a part of it",                    "Smith+Smith+71",                                         PASSWORD_FLAW_WORDS  },
    {"in signs",                        "4lic3-5m1th-20",                                         PASSWORD_FLAW_WORDS  },
    {"the domain",                      "shop.example.org",                                       PASSWORD_FLAW_WORDS  },
    {"the display name",                "zo\xc3\xab-m\xc3\xbcller-81",                            PASSWORD_FLAW_WORDS  },
    {"the host",                        "mx7mx7-mx7+19",                                          PASSWORD_FLAW_WORDS  },
};

static void test_rows(void **state)
{
    const struct password_rules rules = {12, names, sizeof names / sizeof *names};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum password_flaw flaw = password_rules_judge(&rules, text_from_string(rows[i].password));

        if (flaw != rows[i].flaw)
            fail_msg("%s: %d, expected %d", rows[i].name, (int)flaw, (int)rows[i].flaw);
    }
}

/* The length asked for is the setting's, and nobody's name is no word. */
static void test_length(void **state)
{
    const struct password_rules rules = {8, NULL, 0};

    (void)state;
    assert_int_equal(password_rules_judge(&rules, TEXT("v9#Lq2;x")), PASSWORD_FLAW_NONE);
    assert_int_equal(password_rules_judge(&rules, TEXT("v9#Lq2;")), PASSWORD_FLAW_SHORT);
    assert_int_equal(password_rules_judge(&rules, TEXT("alice.smith99")), PASSWORD_FLAW_NONE);
    assert_int_equal(password_rules_length(TEXT("\x80\x80\x80")), 1);
    assert_int_equal(password_rules_length(TEXT("")), 0);
}

/* As long as one may be, of any bytes: nothing is read behind it. */
static void test_longest(void **state)
{
    const struct password_rules rules = {12, names, sizeof names / sizeof *names};
    char bytes[PASSWORD_MAX_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i * 7 % 251);
    assert_int_equal(
        password_rules_judge(&rules, text_from_bytes(bytes, sizeof bytes)), PASSWORD_FLAW_NONE);
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(
        password_rules_judge(&rules, text_from_bytes(bytes, sizeof bytes)), PASSWORD_FLAW_PATTERN);
}

UNIT_MAIN(
    cmocka_unit_test(test_rows), cmocka_unit_test(test_length), cmocka_unit_test(test_longest))
