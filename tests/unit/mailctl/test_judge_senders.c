/* SPDX-License-Identifier: MIT */
#include "mailctl/check/judge-senders.h"

#include "tests/unit/unit.h"

#define DOMAIN TEXT("example.org")
#define OWN "example.org"

/* What was found, and what each receiver is told to say. */
static const struct {
    const char *row;
    struct {
        enum finding_level level;
        const char *code, *name;
    } host[2], domain[4];
    const char *gmail, *yahoo, *outlook;
} rows[] = {
    {"in order",                       {{FINDING_FINE, "ptr", "192.0.2.1"}},            {{FINDING_FINE, "spf", OWN}},                                    "gmail",
     "yahoo",                                                                                                                                                                              "outlook"     },
    {"no reverse name",                {{FINDING_ERROR, "ptr-missing", "192.0.2.1"}},   {{0}},                                                           "gmail-all",
     "yahoo-all",                                                                                                                                                                          "outlook"     },
    {"a poor reverse name",            {{FINDING_WARNING, "ptr-generic", "192.0.2.1"}}, {{0}},                                                           "gmail",
     "yahoo",                                                                                                                                                                              "outlook"     },
    {"no TLS",                         {{FINDING_ERROR, "postfix-no-tls", "x"}},        {{0}},                                                           "gmail-all",     "yahoo",         "outlook"     },
    {"another setting",                {{FINDING_ERROR, "postfix-no-tls-at-all", "x"}}, {{0}},                                                           "gmail",         "yahoo",
     "outlook"                                                                                                                                                                                           },
    {"no SPF",                         {{0}},                                           {{FINDING_ERROR, "spf-missing", OWN}},                           "gmail-bulk",    "yahoo-bulk",
     "outlook-bulk"                                                                                                                                                                                      },
    {"no SPF of the host",             {{0}},                                           {{FINDING_ERROR, "spf-missing", "mail.example.org"}},            "gmail",
     "yahoo",                                                                                                                                                                              "outlook"     },
    {"no DKIM",                        {{0}},                                           {{FINDING_WARNING, "dkim-no-key", OWN}},                         "gmail-bulk",    "yahoo-bulk",
     "outlook-bulk"                                                                                                                                                                                      },
    {"a key that waits",               {{0}},                                           {{FINDING_WARNING, "dkim-missing", "s._domainkey.example.org"}},
     "gmail",                                                                                                                                                             "yahoo",         "outlook"     },
    {"neither",                        {{0}},
     {{FINDING_ERROR, "spf-missing", OWN}, {FINDING_ERROR, "dkim-missing", "s._domainkey"}},
     "gmail-all",                                                                                                                                                         "yahoo-all",     "outlook-bulk"},
    {"no DMARC",                       {{0}},                                           {{FINDING_ERROR, "dmarc-missing", "_dmarc.example.org"}},        "gmail-bulk",
     "yahoo-bulk",                                                                                                                                                                         "outlook-bulk"},
    {"reports that nobody takes",      {{0}},                                           {{FINDING_ERROR, "dmarc-report-refused", "_dmarc"}},
     "gmail",                                                                                                                                                             "yahoo",         "outlook"     },
    {"no answer",                      {{0}},                                           {{FINDING_UNKNOWN, "no-answer", OWN}},                           "gmail-unknown", "yahoo-unknown",
     "outlook-unknown"                                                                                                                                                                                   },
    {"no such domain",                 {{0}},                                           {{FINDING_ERROR, "domain-absent", OWN}},                         "gmail-all",     "yahoo-all",
     "outlook-bulk"                                                                                                                                                                                      },
    {"no answer for the reverse name", {{FINDING_UNKNOWN, "ptr-unknown", "192.0.2.1"}}, {{0}},
     "gmail-unknown",                                                                                                                                                     "yahoo-unknown", "outlook"     },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings host = {ARRAY_NONE}, domain = {ARRAY_NONE};
        struct arena *arena = arena_new();
        size_t before = 0;

        unit_row(rows[i].row);
        for (size_t j = 0; j < 2 && rows[i].host[j].code != NULL; j++)
            findings_say(&host, rows[i].host[j].level, rows[i].host[j].code,
                text_from_string(rows[i].host[j].name), NULL, TEXT(""), TEXT(""));
        for (; before < 4 && rows[i].domain[before].code != NULL; before++)
            findings_say(&domain, rows[i].domain[before].level, rows[i].domain[before].code,
                text_from_string(rows[i].domain[before].name), NULL, TEXT(""), TEXT(""));
        judge_senders(DOMAIN, &host, &domain, arena);
        assert_int_equal(domain.list.count, before + 3);
        assert_string_equal(domain.list.items[before].code, rows[i].gmail);
        assert_string_equal(domain.list.items[before + 1].code, rows[i].yahoo);
        assert_string_equal(domain.list.items[before + 2].code, rows[i].outlook);
        if (strcmp(rows[i].row, "neither") == 0)
            assert_text_equal(domain.list.items[before].message,
                "Gmail refuses mail of everybody without SPF that covers our addresses, a DKIM key "
                "that the DNS shows");
        findings_done(&host);
        findings_done(&domain);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_rows))
