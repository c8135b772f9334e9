/* SPDX-License-Identifier: MIT */

/* Sets of protocols, as words and against what Dovecot says. */

#include "lib/store/protocol.h"

#include "tests/unit/unit.h"

#define IMAP (1U << PROTOCOL_IMAP)
#define POP3 (1U << PROTOCOL_POP3)
#define SUBMISSION (1U << PROTOCOL_SUBMISSION)
#define SIEVE (1U << PROTOCOL_SIEVE)

static const struct {
    const char *name, *text;
    unsigned set;
    const char *bad; /* NULL: it is right */
} words[] = {
    {"one",                "imap",                       IMAP,                             NULL  },
    {"two",                "imap submission",            IMAP | SUBMISSION,                NULL  },
    {"commas",             "pop3,sieve",                 POP3 | SIEVE,                     NULL  },
    {"both, and too many", "  pop3, ,  sieve , ",        POP3 | SIEVE,                     NULL  },
    {"in capitals",        "IMAP",                       IMAP,                             NULL  },
    {"twice",              "imap imap",                  IMAP,                             NULL  },
    {"all",                "all",                        PROTOCOLS_ALL,                    NULL  },
    {"none",               "None",                       PROTOCOLS_NONE,                   NULL  },
    {"every one",          "imap pop3 submission sieve", IMAP | POP3 | SUBMISSION | SIEVE, NULL  },
    {"unknown",            "imap jmap",                  7,                                "jmap"},
    {"all is alone",       "imap all",                   7,                                "all" },
    {"nothing",            "",                           7,                                ""    },
    {"commas alone",       ",,",                         7,                                ""    },
    {"the start of one",   "ima",                        7,                                "ima" },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct text bad = TEXT("untouched");
        unsigned set = 7;

        unit_row(words[i].name);
        assert_int_equal(
            protocols_parse(text_from_string(words[i].text), &set, &bad), words[i].bad == NULL);
        assert_int_equal(set, words[i].set);
        assert_text_equal(bad, words[i].bad != NULL ? words[i].bad : "untouched");
    }
}

static const struct {
    const char *name;
    unsigned set;
    const char *text;
} texts[] = {
    {"all",   PROTOCOLS_ALL,                    "all"                       },
    {"none",  PROTOCOLS_NONE,                   "none"                      },
    {"two",   SUBMISSION | IMAP,                "imap submission"           },
    {"every", IMAP | POP3 | SUBMISSION | SIEVE, "imap pop3 submission sieve"},
};

static void test_text(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct text text = protocols_text(texts[i].set, arena);

        unit_row(texts[i].name);
        assert_text_equal(text, texts[i].text);
        assert_true(text.len <= PROTOCOLS_TEXT_MAX);
        assert_int_equal(protocols_read(text), texts[i].set);
    }
    arena_free(&arena);
    assert_int_equal(protocols_read(TEXT("imap jmap")), IMAP);
    assert_int_equal(protocols_read(TEXT("jmap")), PROTOCOLS_NONE);
}

static const struct {
    const char *name, *service;
    unsigned set;
    bool permitted;
} logins[] = {
    {"all, known",             "imap",           PROTOCOLS_ALL,     true },
    {"all, unknown",           "doveadm",        PROTOCOLS_ALL,     true },
    {"all, nothing said",      "",               PROTOCOLS_ALL,     true },
    {"none",                   "imap",           PROTOCOLS_NONE,    false},
    {"one, that",              "imap",           IMAP,              true },
    {"one, another",           "pop3",           IMAP,              false},
    {"Postfix",                "smtp",           SUBMISSION,        true },
    {"Dovecot's submission",   "submission",     SUBMISSION,        true },
    {"Postfix, not permitted", "smtp",           IMAP | POP3,       false},
    {"sieve",                  "sieve",          SIEVE,             true },
    {"sieve by another name",  "managesieve",    SIEVE,             true },
    {"unknown",                "doveadm",        IMAP | SUBMISSION, false},
    {"nothing said",           "",               IMAP | SUBMISSION, false},
    {"in capitals",            "IMAP",           IMAP,              true },
    {"more behind it",         "imap-hibernate", IMAP,              false},
};

static void test_permit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        unit_row(logins[i].name);
        assert_int_equal(protocols_permit(logins[i].set, text_from_string(logins[i].service)),
            logins[i].permitted);
    }
}

UNIT_MAIN(cmocka_unit_test(test_parse), cmocka_unit_test(test_text), cmocka_unit_test(test_permit))
