/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/mailauth.h"

#include "lib/mailauth/authres.h"
#include "lib/mailauth/mailauth-results.h"
#include "tests/unit/mailauth/judgement.h"

/* Sender: example.net, client 192.0.2.25. The key stands in the zone by judgement_sign(). */
static const struct canned_record zone[] = {
    {"bad.example",                "TXT",     "v=spf1 moo"                       },
    {"example.net",                "TXT",     "v=spf1 ip4:192.0.2.0/24 -all"     },
    {"_dmarc.tester.example",      "TXT",     "v=DMARC1; p=reject"               },
    {"_dmarc.example.net",         "TXT",     "v=DMARC1; p=reject; sp=quarantine"},
    {"mail.example.net",           "TXT",     "v=spf1 a -all"                    },
    {"mail.example.net",           "A",       "192.0.2.25"                       },
    {"bounce.example.net",         "TXT",     "v=spf1 ip4:192.0.2.0/24 -all"     },
    {"slow.example",               "TIMEOUT", ""                                 },
    {"evil.example",               "TXT",     "v=spf1 +all"                      },
    {"s1._domainkey.example.net",  "TXT",     dkim_rsa_record                    },
    {"s1._domainkey.evil.example", "TXT",     dkim_rsa_record                    },
    {"s1._domainkey.slow.example", "TIMEOUT", ""                                 },
    {NULL,                         NULL,      NULL                               },
};

#define HEAD                                                                                       \
    "To: bob@example.org\n"                                                                        \
    "Subject: test\n"
#define FROM "From: Ann <ann@example.net>\n"
#define BODY "\nHello.\n"

static const struct row {
    const char *name, *client, *mail_from;
    const char *signers[2];
    const char *message;
    const char *spf, *dkim, *dmarc; /* dkim: of the first signature; NULL: there is none */
    enum mailauth_from from;
    enum dmarc_policy policy;
    size_t waves;
} rows[] = {
    {"all good",                                "192.0.2.25",   "ann@example.net",      {"example.net"},  FROM HEAD BODY,          "pass",      "pass",
     "pass",                                                                                                                                                              MAILAUTH_FROM_ONE,       DMARC_POLICY_REJECT, 2},
    {"SPF alone",                               "192.0.2.25",   "ann@example.net",      {NULL},           FROM HEAD BODY,          "pass",      NULL,        "pass",
     MAILAUTH_FROM_ONE,                                                                                                                                                                            DMARC_POLICY_REJECT, 2},
    {"DKIM alone, forwarded",                   "198.51.100.1", "x@evil.example",       {"example.net"},  FROM HEAD BODY,
     "pass",                                                                                                                                    "pass",      "pass",      MAILAUTH_FROM_ONE,       DMARC_POLICY_REJECT, 2},
    {"SPF of a sibling",                        "192.0.2.25",   "b@bounce.example.net", {NULL},           FROM HEAD BODY,          "pass",      NULL,
     "pass",                                                                                                                                                              MAILAUTH_FROM_ONE,       DMARC_POLICY_REJECT, 2},
    {"bounce",                                  "192.0.2.25",   "",                     {NULL},           FROM HEAD BODY,          "pass",      NULL,        "pass",      MAILAUTH_FROM_ONE,
     DMARC_POLICY_REJECT,                                                                                                                                                                                               2},
    {"forged",                                  "198.51.100.1", "x@evil.example",       {"evil.example"}, FROM HEAD BODY,          "pass",      "pass",
     "fail",                                                                                                                                                              MAILAUTH_FROM_ONE,       DMARC_POLICY_REJECT, 2},
    {"forged, with a key that does not answer", "198.51.100.1", "x@evil.example",       {"slow.example"},
     FROM HEAD BODY,                                                                                                               "pass",      "temperror", "fail",      MAILAUTH_FROM_ONE,       DMARC_POLICY_REJECT, 2},
    {"a slow key beside a good one",            "198.51.100.1", "x@evil.example",
     {"example.net", "slow.example"},                                                                     FROM HEAD BODY,          "pass",      "temperror", "pass",
     MAILAUTH_FROM_ONE,                                                                                                                                                                            DMARC_POLICY_REJECT, 2},
    {"author below the organization",           "192.0.2.25",   "x@evil.example",       {NULL},
     "From: a@news.example.net\n" HEAD BODY,                                                                                       "pass",      NULL,        "fail",      MAILAUTH_FROM_ONE,
     DMARC_POLICY_QUARANTINE,                                                                                                                                                                                           2},
    {"two authors of one domain",               "192.0.2.25",   "ann@example.net",      {NULL},
     "From: ann@example.net, Bob <bob@EXAMPLE.net>\n" HEAD BODY,                                                                   "pass",      NULL,        "pass",
     MAILAUTH_FROM_ONE,                                                                                                                                                                            DMARC_POLICY_REJECT, 2},
    {"two domains",                             "192.0.2.25",   "ann@example.net",      {"example.net"},
     "From: ann@example.net, x@evil.example\n" HEAD BODY,                                                                          "pass",      "pass",      "permerror",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                                                                                DMARC_POLICY_NONE,   2},
    {"two From fields",                         "192.0.2.25",   "ann@example.net",      {NULL},
     FROM "from: x@evil.example\n" HEAD BODY,                                                                                      "pass",      NULL,        "permerror",
     MAILAUTH_FROM_SEVERAL_FIELDS,                                                                                                                                                                 DMARC_POLICY_NONE,   1},
    {"no From field",                           "192.0.2.25",   "ann@example.net",      {NULL},           HEAD BODY,               "pass",      NULL,        "permerror",
     MAILAUTH_FROM_MISSING,                                                                                                                                                                        DMARC_POLICY_NONE,   1},
    {"malformed From",                          "192.0.2.25",   "ann@example.net",      {NULL},           "From: ann\n" HEAD BODY, "pass",
     NULL,                                                                                                                                                   "permerror", MAILAUTH_FROM_MALFORMED, DMARC_POLICY_NONE,   1},
    {"From with a literal",                     "192.0.2.25",   "ann@example.net",      {NULL},
     "From: a@[192.0.2.1]\n" HEAD BODY,                                                                                            "pass",      NULL,        "permerror", MAILAUTH_FROM_MALFORMED,
     DMARC_POLICY_NONE,                                                                                                                                                                                                 1},
    {"From with an empty group",                "192.0.2.25",   "ann@example.net",      {NULL},
     "From: nobody:;\n" HEAD BODY,                                                                                                 "pass",      NULL,        "permerror", MAILAUTH_FROM_MALFORMED,
     DMARC_POLICY_NONE,                                                                                                                                                                                                 1},
    {"empty From",                              "192.0.2.25",   "ann@example.net",      {NULL},           "From:\n" HEAD BODY,     "pass",      NULL,
     "permerror",                                                                                                                                                         MAILAUTH_FROM_MALFORMED, DMARC_POLICY_NONE,   1},
    {"SPF does not answer",                     "192.0.2.25",   "a@slow.example",       {NULL},           FROM HEAD BODY,          "temperror",
     NULL,                                                                                                                                                   "fail",      MAILAUTH_FROM_ONE,       DMARC_POLICY_REJECT, 2},
    {"author without a record",                 "192.0.2.25",   "x@evil.example",       {NULL},
     "From: x@evil.example\n" HEAD BODY,                                                                                           "pass",      NULL,        "none",      MAILAUTH_FROM_ONE,
     DMARC_POLICY_NONE,                                                                                                                                                                                                 2},
    {"no client",                               NULL,           "ann@example.net",      {"example.net"},  FROM HEAD BODY,          "none",      "pass",      "pass",
     MAILAUTH_FROM_ONE,                                                                                                                                                                            DMARC_POLICY_REJECT, 1},
};

static void test_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mailauth_facts facts = judgement_facts(rows[i].client, rows[i].mail_from);
        struct text message = text_from_string(rows[i].message);
        struct judgement run;

        unit_row(rows[i].name);
        judgement_start(&run, &facts, zone);
        for (size_t j = 0; j < 2 && rows[i].signers[j] != NULL; j++)
            message = judgement_sign(run.arena, rows[i].signers[j], message);
        judgement_drive(&run, message);
        assert_string_equal(auth_result_word(run.verdict.spf.result), rows[i].spf);
        assert_int_equal(run.verdict.signature_count != 0, rows[i].dkim != NULL);
        if (rows[i].dkim != NULL)
            assert_string_equal(auth_result_word(run.verdict.signatures[0].result), rows[i].dkim);
        assert_string_equal(auth_result_word(run.verdict.dmarc.result), rows[i].dmarc);
        assert_int_equal(run.verdict.from, rows[i].from);
        assert_int_equal(run.verdict.dmarc.policy, rows[i].policy);
        assert_int_equal(
            run.verdict.author_domain.len != 0, run.verdict.dmarc.result != AUTH_PERMERROR);
        assert_int_equal(run.verdict.has_temporary,
            strcmp(rows[i].spf, "temperror") == 0 ||
                (rows[i].dkim != NULL && strcmp(rows[i].dkim, "temperror") == 0));
        assert_int_equal(run.waves, rows[i].waves);
        judgement_finish(&run);
    }
}

#define MANY(n) "x@a" n ".example, x@b" n ".example, x@c" n ".example"
#define ODDS "@odd @odd @odd @odd @odd @odd @odd @odd "
#define ODD "@odd, @odd, @odd, @odd, @odd, @odd, @odd, @odd, "

/* Policies: example.net reject, soft.example quarantine, lax.example none, evil.example no record;
   evil.example alone passes, by SPF. */
static const struct from_row {
    const char *name, *value;
    enum mailauth_from from;
    const char *domains;
    const char *dmarc, *domain;
    enum dmarc_policy policy;
} from_rows[] = {
    {"one",                                              "ceo@example.net",                                 MAILAUTH_FROM_ONE,              "example.net",                                             "fail",      "example.net",
     DMARC_POLICY_REJECT                                                                                                                                                                                                                                      },
    {"two domains",                                      "ceo@example.net, x@evil.example",                 MAILAUTH_FROM_SEVERAL_DOMAINS,
     "example.net evil.example",                                                                                                                                                                       "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"two domains, the good one first",                  "x@evil.example, ceo@example.net",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "evil.example example.net",                                "fail",      "example.net",
     DMARC_POLICY_REJECT                                                                                                                                                                                                                                      },
    {"the strictest of several",                         "a@lax.example, b@example.net, c@soft.example",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "lax.example example.net soft.example",                    "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"a policy of none",                                 "a@lax.example, b@evil.example",                   MAILAUTH_FROM_SEVERAL_DOMAINS,
     "lax.example evil.example",                                                                                                                                                                       "fail",      "lax.example",         DMARC_POLICY_NONE  },
    {"several, none of which fails",                     "x@evil.example, y@evil2.example",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "evil.example evil2.example",                              "permerror", "",
     DMARC_POLICY_NONE                                                                                                                                                                                                                                        },
    {"one that does not answer",                         "x@evil.example, y@slow-author.example",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "evil.example slow-author.example",                        "temperror",
     "slow-author.example",                                                                                                                                                                                                                DMARC_POLICY_NONE  },
    {"one that does not answer beside a policy of none", "a@lax.example, y@slow-author.example",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "lax.example slow-author.example",                         "temperror",
     "slow-author.example",                                                                                                                                                                                                                DMARC_POLICY_NONE  },
    {"one that does not answer beside a fail",           "y@slow-author.example, c@soft.example",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "slow-author.example soft.example",                        "fail",      "soft.example",
     DMARC_POLICY_QUARANTINE                                                                                                                                                                                                                                  },
    {"five domains",                                     MANY("1") ", x@evil.example, ceo@example.net",     MAILAUTH_FROM_SEVERAL_DOMAINS,
     "a1.example b1.example c1.example evil.example example.net",                                                                                                                                      "fail",      "example.net",
     DMARC_POLICY_REJECT                                                                                                                                                                                                                                      },
    {"six domains",                                      MANY("1") "," MANY("2"),                           MAILAUTH_FROM_TOO_MANY_DOMAINS,
     "a1.example b1.example c1.example a2.example b2.example",                                                                                                                                         "permerror", "",
     DMARC_POLICY_NONE                                                                                                                                                                                                                                        },
    {"six domains, and the first again",                 MANY("1") "," MANY("2") ", x@a1.example",
     MAILAUTH_FROM_TOO_MANY_DOMAINS,                                                                                                        "a1.example b1.example c1.example a2.example b2.example",
     "permerror",                                                                                                                                                                                                   "",                    DMARC_POLICY_NONE  },
    {"six domains, one of which fails",                  "ceo@example.net," MANY("1") "," MANY("2"),
     MAILAUTH_FROM_TOO_MANY_DOMAINS,                                                                                                        "example.net a1.example b1.example c1.example a2.example",
     "fail",                                                                                                                                                                                                        "example.net",         DMARC_POLICY_REJECT},
    {"two brackets",                                     "\"CEO\" <ceo@example.net> <x@evil.example>",      MAILAUTH_FROM_MALFORMED,
     "example.net evil.example",                                                                                                                                                                       "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"a bracket behind",                                 "ceo@example.net <",                               MAILAUTH_FROM_MALFORMED,        "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"an open bracket",                                  "CEO <ceo@example.net",                            MAILAUTH_FROM_MALFORMED,        "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"a semicolon",                                      "ceo@example.net; x",                              MAILAUTH_FROM_MALFORMED,        "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"an open quote",                                    "\"CEO\\\" <ceo@example.net>",                     MAILAUTH_FROM_ONE,              "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"an open comment",                                  "ceo@example.net (CEO",                            MAILAUTH_FROM_MALFORMED,        "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"a comment in the domain",                          "ceo@example(x).net <",                            MAILAUTH_FROM_MALFORMED,        "example.net",
     "fail",                                                                                                                                                                                                        "example.net",         DMARC_POLICY_REJECT},
    {"blanks around the at sign",                        "ceo @ example.net <",                             MAILAUTH_FROM_MALFORMED,        "example.net",
     "fail",                                                                                                                                                                                                        "example.net",         DMARC_POLICY_REJECT},
    {"a second at sign",                                 "ceo@example.net, ceo@example.net@",               MAILAUTH_FROM_MALFORMED,
     "example.net",                                                                                                                                                                                    "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"a no-break space behind the domain",               "ceo@example.net\xc2\xa0",                         MAILAUTH_FROM_MALFORMED,
     "example.net",                                                                                                                                                                                    "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"a no-break space before the domain",
     "<ceo@\xc2\xa0"
        "example.net>",                                                                                     MAILAUTH_FROM_MALFORMED,        "example.net",                                             "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"quotes in the domain",                             "<ceo@'example.net'>",                             MAILAUTH_FROM_MALFORMED,        "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"a literal beside it",                              "ceo@example.net, x@[192.0.2.1]",                  MAILAUTH_FROM_MALFORMED,
     "example.net",                                                                                                                                                                                    "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"a literal behind a name that is one",              "\"ceo@example.net\" <x@[192.0.2.1]>",
     MAILAUTH_FROM_MALFORMED,                                                                                                               "example.net",                                             "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"malformed, and it passes",                         "x@evil-record.example <",                         MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"unquoted name, fail",                              "Alice: Ltd <a@example.net>",                      MAILAUTH_FROM_ONE,              "example.net",                                             "fail",
     "example.net",                                                                                                                                                                                                                        DMARC_POLICY_REJECT},
    {"unquoted name, pass",                              "Alice: Ltd <a@evil-record.example>",              MAILAUTH_FROM_ONE,
     "evil-record.example",                                                                                                                                                                            "pass",      "evil-record.example", DMARC_POLICY_REJECT},
    {"unquoted name, no record",                         "Alice: Ltd <a@evil.example>",                     MAILAUTH_FROM_ONE,              "evil.example",
     "none",                                                                                                                                                                                                        "evil.example",        DMARC_POLICY_NONE  },
    {"unquoted comma, fail",                             "Alice, Ltd <a@example.net>",                      MAILAUTH_FROM_MALFORMED,        "example.net",
     "fail",                                                                                                                                                                                                        "example.net",         DMARC_POLICY_REJECT},
    {"unquoted comma, no pass",                          "Alice, Ltd <a@evil-record.example>",              MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"unquoted semicolon",                               "Alice; Ltd <a@evil-record.example>",              MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"comma before quotes",                              "Alice, \"x\" <a@evil-record.example>",            MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"comma behind a quoted one",                        "\"Alice, Ltd\", London <a@evil-record.example>",
     MAILAUTH_FROM_MALFORMED,                                                                                                               "evil-record.example",                                     "permerror", "",                    DMARC_POLICY_NONE  },
    {"comma in a quote left open",                       "\"Alice, Ltd <a@evil-record.example>",            MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"quoted comma, and a colon",                        "\"Alice, \\\"Ltd\": x <a@evil-record.example>",
     MAILAUTH_FROM_ONE,                                                                                                                     "evil-record.example",                                     "pass",      "evil-record.example",
     DMARC_POLICY_REJECT                                                                                                                                                                                                                                      },
    {"quoted comma",                                     "\"Alice, Ltd\" <a@evil-record.example>",          MAILAUTH_FROM_ONE,
     "evil-record.example",                                                                                                                                                                            "pass",      "evil-record.example", DMARC_POLICY_REJECT},
    {"unquoted name with an address",                    "ceo@example.net, Ltd <a@evil-record.example>",
     MAILAUTH_FROM_SEVERAL_DOMAINS,                                                                                                         "example.net evil-record.example",                         "fail",      "example.net",
     DMARC_POLICY_REJECT                                                                                                                                                                                                                                      },
    {"unquoted name with an address in it",              "CEO; ceo@example.net <a@evil-record.example>",
     MAILAUTH_FROM_MALFORMED,                                                                                                               "example.net evil-record.example",                         "fail",      "example.net",
     DMARC_POLICY_REJECT                                                                                                                                                                                                                                      },
    {"nothing like an address",                          "CEO",                                             MAILAUTH_FROM_MALFORMED,        "",                                                        "permerror", "",
     DMARC_POLICY_NONE                                                                                                                                                                                                                                        },
    {"at signs alone",                                   "@ @@ <",                                          MAILAUTH_FROM_MALFORMED,        "",                                                        "permerror", "",                    DMARC_POLICY_NONE  },
    {"an odd byte behind the domain",                    "a@evil-record.example!x <",                       MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"an underscore, and an odd byte behind",            "a@e_r.example!x <",                               MAILAUTH_FROM_MALFORMED,
     "e_r.example",                                                                                                                                                                                    "permerror", "",                    DMARC_POLICY_NONE  },
    {"a U-label at the end",                             "a@b.\xc3\xbc <",                                  MAILAUTH_FROM_MALFORMED,        "b.xn--tda",                                               "permerror",
     "",                                                                                                                                                                                                                                   DMARC_POLICY_NONE  },
    {"a U-label, and an odd byte behind",                "a@b\xc3\xbc.example! <",                          MAILAUTH_FROM_MALFORMED,
     "xn--b-eha.example",                                                                                                                                                                              "permerror", "",                    DMARC_POLICY_NONE  },
    {"a quoted quote, and a colon",                      "\"a\\\", b\": x <a@evil-record.example>",         MAILAUTH_FROM_ONE,
     "evil-record.example",                                                                                                                                                                            "pass",      "evil-record.example", DMARC_POLICY_REJECT},
    {"a backslash outside of quotes",                    "Alice: a\\, b <a@evil-record.example>",
     MAILAUTH_FROM_MALFORMED,                                                                                                               "evil-record.example",                                     "permerror", "",                    DMARC_POLICY_NONE  },
    {"a bracket in the local part",                      "Alice: <\"<\"@evil-record.example>",              MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"a comment behind the bracket",                     "Alice: <a@evil-record.example> (x)",              MAILAUTH_FROM_MALFORMED,
     "evil-record.example",                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"an address in the name, and its own again",
     "CEO: a@evil-record.example c@example.net <a@evil-record.example>",                                    MAILAUTH_FROM_MALFORMED,
     "evil-record.example example.net",                                                                                                                                                                "fail",      "example.net",         DMARC_POLICY_REJECT},
    {"a literal in brackets behind a name",              "CEO: a@evil-record.example <a@[192.0.2.1]>",
     MAILAUTH_FROM_MALFORMED,                                                                                                               "evil-record.example",                                     "permerror", "",                    DMARC_POLICY_NONE  },
    {"more at signs than are looked at, and a bracket",
     "x: " ODDS ODDS ODDS ODDS ODDS ODDS ODDS ODDS "<a@odd>",                                               MAILAUTH_FROM_TOO_MANY_DOMAINS,
     "odd",                                                                                                                                                                                            "permerror", "",                    DMARC_POLICY_NONE  },
    {"more at signs than are looked at",                 ODD ODD ODD ODD ODD ODD ODD ODD "ceo@example.net",
     MAILAUTH_FROM_TOO_MANY_DOMAINS,                                                                                                        "odd",                                                     "permerror", "",                    DMARC_POLICY_NONE  },
};

static const struct canned_record from_zone[] = {
    {"_dmarc.soft.example",        "TXT",     "v=DMARC1; p=quarantine"    },
    {"_dmarc.lax.example",         "TXT",     "v=DMARC1; p=none"          },
    {"_dmarc.evil-record.example", "TXT",     "v=DMARC1; p=reject; aspf=r"},
    {"evil-record.example",        "TXT",     "v=spf1 +all"               },
    {"_dmarc.slow-author.example", "TIMEOUT", ""                          },
    {NULL,                         NULL,      NULL                        },
};

static struct text join_domains(const struct judgement *run)
{
    struct text all = TEXT("");

    for (size_t i = 0; i < run->verdict.author_domain_count; i++)
        all = arena_print(run->arena, "%.*s%s%.*s", TEXT_ARGS(all), i == 0 ? "" : " ",
            TEXT_ARGS(run->verdict.author_domains[i]));
    return all;
}

/* No shape of a From field escapes the policy of a domain that it shows. */
static void test_from_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof from_rows / sizeof from_rows[0]; i++) {
        const struct from_row *row = &from_rows[i];
        struct mailauth_facts facts = judgement_facts("198.51.100.1", "x@evil.example");
        struct judgement run;

        unit_row(row->name);
        if (strstr(row->value, "evil-record") != NULL)
            facts.mail_from = TEXT("x@evil-record.example");
        judgement_start(&run, &facts, zone);
        canned_add_table(run.canned, from_zone);
        judgement_drive(&run, arena_print(run.arena, "From: %s\n%s", row->value, HEAD BODY));
        assert_int_equal(run.verdict.from, row->from);
        assert_text_equal(join_domains(&run), row->domains);
        assert_string_equal(auth_result_word(run.verdict.dmarc.result), row->dmarc);
        assert_text_equal(run.verdict.author_domain, row->domain);
        assert_int_equal(run.verdict.dmarc.policy, row->policy);
        if (run.verdict.dmarc.result != AUTH_TEMPERROR)
            assert_int_equal(
                run.verdict.failed_domain_count != 0, run.verdict.dmarc.result == AUTH_FAIL);
        if (row->domain[0] != '\0')
            assert_true(text_find_text(run.verdict.results_field,
                            arena_print(run.arena, "header.from=%s", row->domain)) <
                        run.verdict.results_field.len);
        judgement_finish(&run);
    }
}

static void test_field(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "ann@example.net");
    struct judgement run;

    (void)state;
    facts.client_name_known = true;
    facts.client_name = TEXT("mail.example.net");
    judgement_start(&run, &facts, zone);
    judgement_drive(&run, judgement_sign(run.arena, "example.net", TEXT(FROM HEAD BODY)));
    assert_true(text_starts_with(run.verdict.results_field,
        TEXT(" mx.example.org;\r\n"
             "\tiprev=pass policy.iprev=192.0.2.25;\r\n"
             "\tspf=pass smtp.mailfrom=example.net;\r\n"
             "\tdkim=pass header.d=example.net header.i=@example.net header.a=rsa-sha256\r\n"
             "\theader.s=s1 header.b=")));
    assert_true(text_ends_with_nocase(run.verdict.results_field,
        TEXT(";\r\n\tdmarc=pass header.from=example.net policy.dmarc=reject")));
    assert_text_equal(run.verdict.author, "ann@example.net");
    assert_int_equal(run.verdict.spf_helo.result, AUTH_NONE);
    judgement_finish(&run);
}

static void test_field_without_much(void **state)
{
    static const struct {
        const char *name, *client, *mail_from, *client_name, *message, *field;
    } fields[] = {
        {"bounce, client unknown",   "198.51.100.1", "",               "unknown",         "From: a@nothing.example\n" BODY,
         " mx.example.org;\r\n"
            "\tiprev=fail policy.iprev=198.51.100.1;\r\n"
            "\tspf=fail smtp.helo=mail.example.net;\r\n"
            "\tdkim=none;\r\n"
            "\tdmarc=none header.from=nothing.example"  },
        {"IPv6, no From",            "2001:db8::1",  "a@slow.example", "mx.slow.example", HEAD BODY,
         " mx.example.org;\r\n"
            "\tiprev=pass policy.iprev=\"2001:db8::1\";\r\n"
            "\tspf=temperror reason=\"the lookup of a record failed\"\r\n"
            "\tsmtp.mailfrom=slow.example;\r\n"
            "\tdkim=none;\r\n"
            "\tdmarc=permerror reason=\"no From field\""},
        {"odd sender",               "192.0.2.25",   "ro\"ot@b c",     "",                "From: a@nothing.example\n" BODY,
         " mx.example.org;\r\n"
            "\tiprev=fail policy.iprev=192.0.2.25;\r\n"
            "\tspf=none smtp.mailfrom=\"b c\";\r\n"
            "\tdkim=none;\r\n"
            "\tdmarc=none header.from=nothing.example"  },
        {"SPF error",                "192.0.2.25",   "a@bad.example",  "",
         "DKIM-Signature: x\nFrom: a@nothing.example\n" BODY,
         " mx.example.org;\r\n"
            "\tiprev=fail policy.iprev=192.0.2.25;\r\n"
            "\tspf=permerror reason=\"unknown mechanism\" smtp.mailfrom=bad.example;\r\n"
            "\tdkim=permerror reason=\"signature field malformed\";\r\n"
            "\tdmarc=none header.from=nothing.example"  },
        {"local",                    NULL,           "root",           "localhost",       "From: root@nothing.example\n" BODY,
         " mx.example.org;\r\n"
            "\tspf=none smtp.mailfrom=root;\r\n"
            "\tdkim=none;\r\n"
            "\tdmarc=none header.from=nothing.example"  },
        {"a broken chain of seals",  "2001:db8::1",  "root",           "localhost",
         "ARC-Seal: x\nFrom: root@nothing.example\n" BODY,
         " mx.example.org;\r\n"
            "\tiprev=pass policy.iprev=\"2001:db8::1\";\r\n"
            "\tspf=none smtp.mailfrom=root;\r\n"
            "\tdkim=none;\r\n"
            "\tarc=fail reason=\"signature field malformed\" smtp.remote-ip=\"2001:db8::1\";\r\n"
            "\tdmarc=none header.from=nothing.example"  },
        {"the same, client unknown", NULL,           "root",           "localhost",
         "ARC-Seal: x\nFrom: root@nothing.example\n" BODY,
         " mx.example.org;\r\n"
            "\tspf=none smtp.mailfrom=root;\r\n"
            "\tdkim=none;\r\n"
            "\tarc=fail reason=\"signature field malformed\";\r\n"
            "\tdmarc=none header.from=nothing.example"  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct mailauth_facts facts = judgement_facts(fields[i].client, fields[i].mail_from);
        struct judgement run;

        unit_row(fields[i].name);
        facts.client_name_known = true;
        facts.client_name = text_from_string(fields[i].client_name);
        judgement_start(&run, &facts, zone);
        judgement_drive(&run, text_from_string(fields[i].message));
        assert_text_equal(run.verdict.results_field, fields[i].field);
        judgement_finish(&run);
    }
}

/* The null sender's identity is the HELO name, written as it came where it is none. */
static void test_field_of_odd_helo(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "");
    struct judgement run;

    (void)state;
    facts.helo = TEXT("b c");
    judgement_start(&run, &facts, zone);
    judgement_drive(&run, TEXT("From: a@nothing.example\n" BODY));
    assert_true(text_find_text(run.verdict.results_field, TEXT("\tspf=none smtp.helo=\"b c\";")) <
                run.verdict.results_field.len);
    judgement_finish(&run);
}

/* A key that says t=y: the pass is shown, and DMARC takes the message for unsigned. */
static void test_testing_key(void **state)
{
    struct mailauth_facts facts = judgement_facts("198.51.100.1", "x@evil.example");
    struct judgement run;

    (void)state;
    judgement_start(&run, &facts, zone);
    canned_add(run.canned, TEXT("s1._domainkey.tester.example"), TEXT("TXT"),
        arena_print(run.arena, "t=y; %s", dkim_rsa_record + strlen("v=DKIM1; ")));
    judgement_drive(&run,
        judgement_sign(run.arena, "tester.example", TEXT("From: a@tester.example\n" HEAD BODY)));
    assert_int_equal(run.verdict.signatures[0].result, AUTH_PASS);
    assert_true(run.verdict.signatures[0].testing);
    assert_true(text_find_text(run.verdict.results_field,
                    TEXT("\tdkim=pass reason=\"the key is being tested\"")) <
                run.verdict.results_field.len);
    assert_int_equal(run.verdict.dmarc.result, AUTH_FAIL);
    assert_int_equal(run.verdict.dmarc.policy, DMARC_POLICY_REJECT);
    judgement_finish(&run);
}

/* The one that passes is shown, however many stand above it that do not. */
static void test_pass_below_many(void **state)
{
    struct mailauth_facts facts = judgement_facts("198.51.100.1", "x@evil.example");
    struct buffer message = BUFFER_NONE;
    struct text rest, line;
    size_t listed = 0;
    struct judgement run;

    (void)state;
    judgement_start(&run, &facts, zone);
    for (int i = 0; i < 25; i++)
        buffer_append_string(&message, "DKIM-Signature: nonsense\n");
    buffer_append_text(&message, judgement_sign(run.arena, "example.net", TEXT(FROM HEAD BODY)));
    judgement_drive(&run, buffer_text(&message));
    assert_int_equal(run.verdict.dmarc.result, AUTH_PASS);
    rest = run.verdict.results_field;
    while (text_split(&rest, '\n', &line))
        listed += text_starts_with(line, TEXT("\tdkim="));
    assert_int_equal(listed, 20);
    assert_true(text_find_text(run.verdict.results_field,
                    TEXT("\tdkim=pass header.d=example.net")) < run.verdict.results_field.len);
    buffer_done(&message);
    judgement_finish(&run);
}

/* What relays vouch for passes too, so that there may be more than are listed. */
static void test_more_passes_than_listed(void **state)
{
    struct mailauth_facts facts = judgement_facts("198.51.100.1", "x@evil.example");
    struct signature_verdict signatures[30] = {{.result = AUTH_NONE}};
    const struct mailauth_verdict verdict = {.signatures = signatures, .signature_count = 30};
    struct arena *arena = arena_new();
    size_t listed = 0;
    struct text rest, line;

    (void)state;
    for (size_t i = 0; i < 30; i++)
        signatures[i].result = i < 5 ? AUTH_FAIL : AUTH_PASS;
    rest = mailauth_results_format(&judgement_rules, &facts, &verdict, arena);
    assert_true(text_find_text(rest, TEXT("\tdkim=fail")) == rest.len);
    while (text_split(&rest, '\n', &line))
        listed += text_starts_with(line, TEXT("\tdkim=pass"));
    assert_int_equal(listed, 20);
    arena_free(&arena);
}

/* Signatures with values as long as they may be, as many as are listed, and dmarc= behind them. */
static void test_field_of_many_signatures(void **state)
{
    struct mailauth_facts facts = judgement_facts("198.51.100.1", "x@evil.example");
    struct mailauth_rules wide = judgement_rules;
    struct buffer message = BUFFER_NONE;
    struct text field, rest, line;
    size_t listed = 0;
    char quotes[400];
    struct judgement run;

    (void)state;
    memset(quotes, '"', sizeof quotes);
    for (int i = 0; i < 50; i++)
        buffer_append_format(&message,
            "DKIM-Signature: v=1; a=%.*s; d=%063d.%063d.%063d.%020d.example; s=%063d.%063d;"
            " i=%.*s@%063d.%063d.%063d.%020d.example; h=from; bh=x; b=AAAAAAAA\n",
            i % 2 == 0 ? 32 : 400, quotes, 1, 2, 3, i, 1, 2, i % 2 == 0 ? 64 : 400, quotes, 1, 2, 3,
            i);
    buffer_append_string(&message, FROM HEAD BODY);
    wide.limits.fields = 100;
    judgement_start(&run, &facts, zone);
    mailauth_done(&run.session);
    run.session = mailauth_new(&wide, &facts, run.answers, run.arena);
    judgement_drive(&run, buffer_text(&message));
    field = rest = run.verdict.results_field;
    while (text_split(&rest, '\n', &line)) {
        listed += text_starts_with(line, TEXT("\tdkim="));
        assert_true(line.len <= 998);
    }
    assert_int_equal(listed, 20);
    assert_true(field.len < AUTHRES_FIELD_MAX);
    assert_true(text_find_text(field, TEXT("\tspf=pass")) < field.len);
    assert_true(text_ends_with_nocase(
        field, TEXT("\tdmarc=fail header.from=example.net policy.dmarc=reject")));
    buffer_done(&message);
    judgement_finish(&run);
}

/* A header over its bounds of 40 fields, a From field last; the verdict about it. */
static void drive_truncated(struct judgement *run, struct text message)
{
    struct header_field filler = header_field_make(TEXT("X-Filler"), TEXT(" x"), run->arena);
    struct header_field from = header_field_make(TEXT("From"), TEXT(" x@evil.example"), run->arena);
    const struct header_field *fields;
    struct text body;
    size_t count;

    assert_int_equal(message_split_file(message, run->arena, &fields, &count, &body), ERR_NONE);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(mailauth_field(run->session, i < count ? &fields[i] : &filler), ERR_NONE);
    assert_int_equal(mailauth_field(run->session, &from), ERR_LIMIT);
    mailauth_end_header(run->session);
    mailauth_body(run->session, body);
    mailauth_end_body(run->session);
    while (judgement_evaluate(run) == AUTH_WAITING)
        assert_true(judgement_answer(run));
}

/* The signatures of such a header say nothing, and its second From is seen all the same. */
static void test_truncated(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "x@evil.example");
    struct judgement run;

    (void)state;
    judgement_start(&run, &facts, zone);
    drive_truncated(&run, judgement_sign(run.arena, "example.net", TEXT(FROM HEAD BODY)));
    assert_int_equal(run.verdict.from, MAILAUTH_FROM_SEVERAL_FIELDS);
    assert_int_equal(run.verdict.signature_count, 1);
    assert_int_equal(run.verdict.signatures[0].result, AUTH_PERMERROR);
    assert_int_equal(run.verdict.dmarc.result, AUTH_PERMERROR);
    judgement_finish(&run);

    judgement_start(&run, &facts, zone);
    drive_truncated(&run, TEXT(HEAD BODY));
    assert_int_equal(run.verdict.from, MAILAUTH_FROM_MALFORMED);
    judgement_finish(&run);
}

/* At the deadline one more call is enough, and what is missing is temporary. */
static void test_deadline(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "ann@example.net");
    struct judgement run;
    struct text body;

    (void)state;
    judgement_start(&run, &facts, zone);
    assert_int_equal(judgement_evaluate(&run), AUTH_WAITING);
    body = judgement_header(&run, judgement_sign(run.arena, "example.net", TEXT(FROM HEAD BODY)));
    assert_int_equal(judgement_evaluate(&run), AUTH_WAITING);
    mailauth_body(run.session, body);
    answers_give_up(run.answers);
    assert_int_equal(judgement_evaluate(&run), AUTH_WAITING); /* the body has not ended */
    mailauth_end_body(run.session);
    assert_int_equal(judgement_evaluate(&run), AUTH_DONE);
    assert_int_equal(run.verdict.spf.result, AUTH_TEMPERROR);
    assert_int_equal(run.verdict.signatures[0].result, AUTH_TEMPERROR);
    assert_int_equal(run.verdict.dmarc.result, AUTH_TEMPERROR);
    assert_true(run.verdict.has_temporary);
    judgement_finish(&run);
}

/* The HELO name is looked at for the null sender alone; then its whole chain is waited for. */
static void test_slow_helo(void **state)
{
    static const struct canned_record chain[] = {
        {"c1.example", "TXT", "v=spf1 include:c2.example -all"},
        {"c2.example", "TXT", "v=spf1 include:c3.example -all"},
        {"c3.example", "TXT", "v=spf1 include:c4.example -all"},
        {"c4.example", "TXT", "v=spf1 ip4:192.0.2.25 -all"    },
        {NULL,         NULL,  NULL                            },
    };
    static const struct {
        const char *name, *sender;
        enum auth_result helo;
        size_t waves;
    } senders[] = {
        {"null sender",    "",                AUTH_PASS, 4},
        {"another sender", "ann@example.net", AUTH_NONE, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++) {
        struct mailauth_facts facts = judgement_facts("192.0.2.25", senders[i].sender);
        struct judgement run;

        unit_row(senders[i].name);
        facts.helo = TEXT("c1.example");
        judgement_start(&run, &facts, zone);
        canned_add_table(run.canned, chain);
        judgement_drive(&run, TEXT(FROM HEAD BODY));
        assert_int_equal(run.verdict.spf_helo.result, senders[i].helo);
        assert_int_equal(run.verdict.spf.result, AUTH_PASS);
        assert_int_equal(run.waves, senders[i].waves);
        judgement_finish(&run);
    }
}

/* Where only the first names of a wave find room, the author's policy is among them. */
static void test_policy_comes_first(void **state)
{
    static const struct canned_record wide[] = {
        {"wide.example", "TXT", "v=spf1 a:h1.wide.example a:h2.wide.example -all"},
        {NULL,           NULL,  NULL                                             },
    };
    static const char *const wanted[] = {"_dmarc.example.org", "_dmarc.org", "example.org"};
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "eve@wide.example");
    const struct dns_question *questions;
    struct judgement run;

    (void)state;
    judgement_start(&run, &facts, wide);
    assert_int_equal(judgement_evaluate(&run), AUTH_WAITING);
    judgement_answer(&run);
    judgement_header(&run, TEXT("From: ann@example.org\r\n" HEAD BODY));
    assert_int_equal(judgement_evaluate(&run), AUTH_WAITING);
    assert_int_equal(answers_take_missing(run.answers, &questions), 5);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_text_equal(questions[i].name, wanted[i]);
    judgement_finish(&run);
}

/* Hundreds of records at each name of each walk, for as many signatures as there may be. */
static void fill_walks(struct canned *canned, struct arena *arena)
{
    for (int i = 0; i < 50; i++) {
        struct text name = arena_print(arena, "_dmarc.s%d.a.b.c.d.e.evil.example", i);

        for (int j = 0; j < 256; j++)
            canned_add(canned, name, TEXT("TXT"), TEXT("v=DMARC1"));
    }
    for (struct text rest = TEXT("a.b.c.d.e.evil.example"); rest.len > sizeof "evil.example" - 1;
         rest = text_skip(rest, 2))
        for (int j = 0; j < 256; j++)
            canned_add(canned, arena_print(arena, "_dmarc.%.*s", TEXT_ARGS(rest)), TEXT("TXT"),
                TEXT("v=DMARC1"));
}

/* What a message makes us keep is bounded, whatever its sender's name servers say. */
static void test_memory(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "x@m.a.b.c.d.e.evil.example");
    struct arena *outside = arena_new();
    struct mailauth_rules wide = judgement_rules;
    struct text message = TEXT("From: x@z.a.b.c.d.e.evil.example\n" HEAD BODY);
    struct judgement run;

    (void)state;
    for (int i = 0; i < 50; i++)
        message = arena_print(outside,
            "DKIM-Signature: v=1; a=rsa-sha256; d=s%d.a.b.c.d.e.evil.example; s=s; h=from;"
            " bh=%s; b=AAAA\n%.*s",
            i, "Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=", TEXT_ARGS(message));
    wide.limits.fields = 100;
    judgement_start(&run, &facts, zone);
    run.canned = canned_new(outside);
    fill_walks(run.canned, outside);
    canned_add(run.canned, TEXT("evil.example"), TEXT("TXT"), TEXT("v=spf1 +all"));
    mailauth_done(&run.session);
    run.session = mailauth_new(&wide, &facts, run.answers, run.arena);
    judgement_drive(&run, message);
    assert_int_equal(run.verdict.signature_count, 50);
    assert_true(arena_used_bytes(run.arena) < 1024 * (size_t)1024);
    assert_true(answers_asked_count(run.answers) < 50);
    judgement_finish(&run);
    arena_free(&outside);
}

/* Other engines are asked in place of ours. */
static enum auth_progress spf_says_fail(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r)
{
    (void)query;
    (void)answers;
    (void)arena;
    *verdict_r = (struct spf_verdict){.result = AUTH_FAIL, .domain = TEXT("x.example")};
    return AUTH_DONE;
}

static enum auth_progress dmarc_says_none(const struct dmarc_query *query, struct answers *answers,
    struct arena *arena, struct dmarc_verdict *verdict_r)
{
    (void)answers;
    (void)arena;
    assert_int_equal(query->identifier_count, 0);
    *verdict_r = (struct dmarc_verdict){.result = AUTH_NONE};
    return AUTH_DONE;
}

static void test_engines(void **state)
{
    static const struct spf_engine spf = {"test", spf_says_fail};
    static const struct dmarc_engine dmarc = {"test", dmarc_says_none};
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "ann@example.net");
    struct mailauth_rules others = judgement_rules;
    struct judgement run;

    (void)state;
    others.spf = &spf;
    others.dmarc = &dmarc;
    judgement_start(&run, &facts, zone);
    mailauth_done(&run.session);
    run.session = mailauth_new(&others, &facts, run.answers, run.arena);
    judgement_drive(&run, TEXT(FROM HEAD BODY));
    assert_int_equal(run.verdict.spf.result, AUTH_FAIL);
    assert_int_equal(run.verdict.dmarc.result, AUTH_NONE);
    assert_non_null(mailauth_message(run.session));
    judgement_finish(&run);
}

UNIT_MAIN(cmocka_unit_test(test_results), cmocka_unit_test(test_from_fields),
    cmocka_unit_test(test_field_of_odd_helo), cmocka_unit_test(test_field),
    cmocka_unit_test(test_field_without_much), cmocka_unit_test(test_testing_key),
    cmocka_unit_test(test_pass_below_many), cmocka_unit_test(test_more_passes_than_listed),
    cmocka_unit_test(test_field_of_many_signatures), cmocka_unit_test(test_truncated),
    cmocka_unit_test(test_deadline), cmocka_unit_test(test_slow_helo),
    cmocka_unit_test(test_policy_comes_first), cmocka_unit_test(test_memory),
    cmocka_unit_test(test_engines))
