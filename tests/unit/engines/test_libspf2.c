/* SPDX-License-Identifier: MIT */
#include "lib/engines/libspf2.h"

#include "lib/base/buffer.h"
#include "lib/engines/spf-differences.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/unit.h"

#define WAVES_MAX 40

static const struct canned_record zone[] = {
    {"plain.org",              "TXT",     "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"                  },
    {"soft.org",               "TXT",     "v=spf1 ip4:198.51.100.1 ~all"                                    },
    {"neutral.org",            "TXT",     "v=spf1 ?all"                                                     },
    {"down.org",               "TIMEOUT", ""                                                                },
    {"wide.org",               "TXT",     "v=spf1 a mx include:plain.org -all"                              },
    {"wide.org",               "A",       "198.51.100.1"                                                    },
    {"wide.org",               "MX",      "10 mx.wide.org"                                                  },
    {"mx.wide.org",            "A",       "198.51.100.2"                                                    },
    {"six.org",                "TXT",     "v=spf1 a -all"                                                   },
    {"six.org",                "AAAA",    "2001:db8::1"                                                     },
    {"ptr.org",                "TXT",     "v=spf1 ptr -all"                                                 },
    {"1.2.0.192.in-addr.arpa", "PTR",     "host.ptr.org"                                                    },
    {"host.ptr.org",           "A",       "192.0.2.1"                                                       },
    {"exp.org",                "TXT",     "v=spf1 -all exp=why.exp.org"                                     },
    {"why.exp.org",            "TXT",     "%{i} may not"                                                    },
    {"octal.org",              "TXT",     "v=spf1 ip4:192.0.2.1/032 -all"                                   },
    {"colon.org",              "TXT",     "v=spf1 redirect:plain.org"                                       },
    {"early.org",              "TXT",     "v=spf1 redirect=plain.org -all"                                  },
    {"bytes.org",              "TXT",     "v=spf1 ip4:192.0.2.1 \x01 +all"                                  },
    {"utf8.org",               "TXT",     "v=spf1 x=\xc3\xa9 ip4:192.0.2.1 -all"                            },
    {"broken.org",             "TXT",     "v=spf1 ip4:192.0.2.1 nonsense:x -all"                            },
    {"twice.org",              "TXT",     "v=spf1 -all"                                                     },
    {"twice.org",              "TXT",     "v=spf1 +all"                                                     },
    {"includes-broken.org",    "TXT",     "v=spf1 include:octal.org -all"                                   },
    {"nil.org",                "TXT",     "v=spf1 a:n1.nil.org a:n2.nil.org a:n3.nil.org ip4:192.0.2.1 -all"},
    {"many.org",               "TXT",
     "v=spf1 a:a1.many.org a:a1.many.org a:a1.many.org a:a1.many.org "
        "a:a1.many.org a:a1.many.org include:more.org -all"                                                 },
    {"more.org",               "TXT",
     "v=spf1 a:a1.many.org a:a1.many.org a:a1.many.org a:a1.many.org "
        "ip4:192.0.2.1 -all"                                                                                },
    {"a1.many.org",            "A",       "198.51.100.1"                                                    },
    {"ten.org",                "TXT",
     "v=spf1 a:a1.many.org a:a1.many.org a:a1.many.org a:a1.many.org "
        "a:a1.many.org include:five.org -all"                                                               },
    {"five.org",               "TXT",
     "v=spf1 a:a1.many.org a:a1.many.org a:a1.many.org a:a1.many.org "
        "ip4:192.0.2.1 -all"                                                                                },
    {"single",                 "TXT",     "v=spf1 +all"                                                     },
    {"zero.org",               "TXT",     "v=spf1 ip4:0.0.0.0/0 -all"                                       },
    {"late.org",               "TXT",     "v=spf1 redirect=late.org ~all"                                   },
    {"modifier.org",           "TXT",     "v=spf1 moo.cow=x ip4:192.0.2.1 -all"                             },
    {"exchange.org",           "TXT",     "v=spf1 mx -all"                                                  },
    {"exchange.org",           "MX",      "10 down.org"                                                     },
    {"exchange.org",           "MX",      "20 a1.many.org"                                                  },
    {"p.org",                  "TXT",     "v=spf1 exists:%{p}.seen.org -all"                                },
    {"3.2.0.192.in-addr.arpa", "PTR",     "other.net"                                                       },
    {"3.2.0.192.in-addr.arpa", "PTR",     "host.p.org"                                                      },
    {"other.net",              "A",       "192.0.2.3"                                                       },
    {"host.p.org",             "A",       "192.0.2.3"                                                       },
    {"host.p.org.seen.org",    "A",       "127.0.0.2"                                                       },
    {"4.2.0.192.in-addr.arpa", "TIMEOUT", ""                                                                },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n0.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n1.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n2.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n3.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n4.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n5.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n6.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n7.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n8.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n9.net"                                                          },
    {"5.2.0.192.in-addr.arpa", "PTR",     "n10.net"                                                         },
    {NULL,                     NULL,      NULL                                                              },
};

typedef enum auth_progress check_fn(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r);

struct run {
    struct arena *arena;
    struct answers *answers;
    struct canned *canned;
    struct spf_verdict verdict;
    size_t waves, questions;
};

static void start(struct run *run, const struct canned_record *records)
{
    *run = (struct run){.arena = arena_new()};
    run->answers = answers_new(run->arena);
    run->canned = canned_new(run->arena);
    canned_add_table(run->canned, records);
}

static void drive(struct run *run, check_fn *check, const char *client, const char *sender)
{
    struct spf_query query = {
        .helo = TEXT("helo.example.net"), .sender = text_from_string(sender), .now = 1794009600};

    assert_true(ip_parse(text_from_string(client), &query.client));
    while (check(&query, run->answers, run->arena, &run->verdict) == AUTH_WAITING) {
        size_t count = canned_answer_wave(run->canned, run->answers);

        assert_int_not_equal(count, 0);
        assert_true(++run->waves < WAVES_MAX);
        run->questions += count;
    }
}

/* theirs: what the library says alone, so that a row shows what our rules are for. */
static void test_results(void **state)
{
    static const struct row {
        const char *name, *client, *sender, *result, *theirs;
    } rows[] = {
        {"a network matches",            "192.0.2.9",        "a@plain.org",           "pass",      "pass"     },
        {"none matches",                 "203.0.113.1",      "a@plain.org",           "fail",      "fail"     },
        {"softfail",                     "203.0.113.1",      "a@soft.org",            "softfail",  "softfail" },
        {"neutral",                      "203.0.113.1",      "a@neutral.org",         "neutral",   "neutral"  },
        {"no record",                    "203.0.113.1",      "a@nothing.org",         "none",      "none"     },
        {"no answer",                    "203.0.113.1",      "a@down.org",            "temperror", "temperror"},
        {"an exchange matches",          "198.51.100.2",     "a@wide.org",            "pass",      "pass"     },
        {"an include matches",           "192.0.2.9",        "a@wide.org",            "pass",      "pass"     },
        {"IPv6",                         "2001:db8::1",      "a@six.org",             "pass",      "pass"     },
        {"IPv4 inside IPv6",             "::ffff:192.0.2.9", "a@plain.org",           "pass",      "pass"     },
        {"ptr",                          "192.0.2.1",        "a@ptr.org",             "pass",      "pass"     },
        {"with an explanation",          "192.0.2.1",        "a@exp.org",             "fail",      "fail"     },
        {"/032",                         "192.0.2.1",        "a@octal.org",           "permerror", "pass"     },
        {"/032 in an include",           "192.0.2.1",        "a@includes-broken.org", "permerror", "pass"     },
        {"redirect:",                    "192.0.2.1",        "a@colon.org",           "permerror", "pass"     },
        {"redirect= before all",         "192.0.2.1",        "a@early.org",           "pass",      "pass"     },
        {"a control byte",               "203.0.113.1",      "a@bytes.org",           "permerror", "permerror"},
        {"no ASCII",                     "192.0.2.1",        "a@utf8.org",            "permerror", "pass"     },
        {"an unknown mechanism",         "192.0.2.1",        "a@broken.org",          "permerror", "permerror"},
        {"two records",                  "192.0.2.1",        "a@twice.org",           "permerror", "permerror"},
        {"three void lookups",           "192.0.2.1",        "a@nil.org",             "permerror", "pass"     },
        {"eleven terms in two records",  "192.0.2.1",        "a@many.org",            "permerror", "pass"     },
        {"ten terms in two records",     "192.0.2.1",        "a@ten.org",             "pass",      "pass"     },
        {"a client of this host",        "127.0.0.1",        "a@plain.org",           "none",      "pass"     },
        {"the same, IPv6",               "::1",              "a@plain.org",           "none",      "pass"     },
        {"a sender with a control byte", "192.0.2.1",        "\x01@plain.org",        "pass",      "pass"     },
        {"no domain name",               "192.0.2.1",        "a@-..-",                "none",      "none"     },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run run;

        unit_row(rows[i].name);
        start(&run, zone);
        drive(&run, libspf2_engine.check, rows[i].client, rows[i].sender);
        assert_string_equal(auth_result_word(run.verdict.result), rows[i].result);
        assert_true(run.verdict.result == AUTH_PASS || run.verdict.result == AUTH_FAIL ||
                    run.verdict.result == AUTH_SOFTFAIL || run.verdict.result == AUTH_NEUTRAL ||
                    run.verdict.problem != NULL);
        drive(&run, libspf2_ask, rows[i].client, rows[i].sender);
        assert_string_equal(auth_result_word(run.verdict.result), rows[i].theirs);
        arena_free(&run.arena);
    }
}

/* The names come in as many waves as our own engine takes. */
static void test_waves(void **state)
{
    struct run own, theirs;

    (void)state;
    start(&own, zone);
    drive(&own, spf_check, "192.0.2.9", "a@wide.org");
    start(&theirs, zone);
    drive(&theirs, libspf2_engine.check, "192.0.2.9", "a@wide.org");
    assert_int_equal(theirs.waves, own.waves);
    assert_int_equal(theirs.questions, own.questions);
    arena_free(&own.arena);
    arena_free(&theirs.arena);
}

/* Ten includes on each of four levels: alone, the library would look up 11,111 names. */
#define LEVELS 4
static void add_fan(struct canned *canned)
{
    for (int level = 0; level < LEVELS; level++) {
        struct buffer name = BUFFER_NONE, record = BUFFER_NONE;

        buffer_append_format(&name, "l%d.fan.org", level);
        buffer_append_string(&record, "v=spf1");
        for (int i = 0; i < 10; i++)
            buffer_append_format(&record, " include:l%d.fan.org", level + 1);
        buffer_append_string(&record, " ?all");
        assert_true(canned_add(canned, buffer_text(&name), TEXT("TXT"), buffer_text(&record)));
        buffer_done(&name);
        buffer_done(&record);
    }
    assert_true(canned_add(canned, TEXT("l4.fan.org"), TEXT("TXT"), TEXT("v=spf1 ?all")));
}

static void test_fan(void **state)
{
    struct run run;

    (void)state;
    start(&run, zone);
    add_fan(run.canned);
    drive(&run, libspf2_engine.check, "192.0.2.1", "a@l0.fan.org");
    assert_int_equal(run.verdict.result, AUTH_PERMERROR);
    assert_true(run.verdict.lookup_terms <= SPF_LOOKUP_TERMS_MAX + 1);
    drive(&run, libspf2_ask, "192.0.2.1", "a@l0.fan.org");
    assert_int_equal(run.verdict.result, AUTH_TEMPERROR);
    arena_free(&run.arena);
}

/* Its explanations are not to be shown to anybody. */
static void test_no_explanation(void **state)
{
    struct run run;

    (void)state;
    start(&run, zone);
    drive(&run, libspf2_engine.check, "192.0.2.1", "a@exp.org");
    assert_text_equal(run.verdict.explanation, "");
    assert_text_equal(run.verdict.domain, "exp.org");
    arena_free(&run.arena);
}

/* Each entry of the table, by an input that shows it. */
static void test_differences(void **state)
{
    static const struct {
        const char *entry, *client, *sender;
    } rows[] = {
        {"a client of the loopback network", "127.0.0.1",    "a@plain.org"   },
        {"no domain name",                   "192.0.2.1",    "a@single"      },
        {"malformed record",                 "192.0.2.1",    "a@octal.org"   },
        {"malformed record",                 "192.0.2.1",    "a@utf8.org"    },
        {"lookup limits",                    "192.0.2.1",    "a@many.org"    },
        {"lookup limits",                    "192.0.2.1",    "a@nil.org"     },
        {"a prefix of no bits",              "192.0.2.1",    "a@zero.org"    },
        {"redirect= before the end",         "192.0.2.1",    "a@late.org"    },
        {"names of modifiers",               "192.0.2.1",    "a@modifier.org"},
        {"failing exchange",                 "198.51.100.1", "a@exchange.org"},
        {"many names of a client",           "192.0.2.5",    "a@ptr.org"     },
        {"failing reverse lookup",           "192.0.2.4",    "a@ptr.org"     },
        {"choice of a validated name",       "192.0.2.3",    "a@p.org"       },
    };
    size_t entries = 0;

    (void)state;
    while (spf_differences[entries].name != NULL)
        entries++;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spf_query query = {.sender = text_from_string(rows[i].sender)};
        struct text ours, theirs;
        struct spf_difference_input input = {.query = &query};
        const struct difference *entry;
        struct run run;

        unit_row(rows[i].entry);
        assert_true(ip_parse(text_from_string(rows[i].client), &query.client));
        start(&run, zone);
        input.answers = run.answers;
        drive(&run, spf_check, rows[i].client, rows[i].sender);
        ours = spf_difference_result(&run.verdict, run.arena);
        drive(&run, libspf2_ask, rows[i].client, rows[i].sender);
        theirs = spf_difference_result(&run.verdict, run.arena);
        print_message("# %.*s, %.*s\n", TEXT_ARGS(ours), TEXT_ARGS(theirs));
        assert_false(compare_same_word(ours, theirs));
        entry = difference_explain(spf_differences, &input, ours, theirs);
        assert_non_null(entry);
        assert_string_equal(entry->name, rows[i].entry);
        arena_free(&run.arena);
    }
    assert_true(sizeof rows / sizeof *rows >= entries);
}

static int open_library(void **state)
{
    struct failure failure;

    (void)state;
    return libspf2_open(&failure) == ERR_NONE ? 0 : -1;
}

#define TEST(test) cmocka_unit_test_setup(test, open_library)
UNIT_MAIN(TEST(test_results), TEST(test_waves), TEST(test_fan), TEST(test_no_explanation),
    TEST(test_differences))
