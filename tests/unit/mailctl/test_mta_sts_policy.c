/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/mta-sts-policy.h"

#include "tests/unit/unit.h"

#define HEAD "version: STSv1\n"
#define REST "mx: mail.example.org\nmax_age: 86400\n"

static const struct {
    const char *row, *content, *problem; /* NULL: it is taken */
} policies[] = {
    {"whole",               HEAD "mode: enforce\n" REST,                                          NULL            },
    {"with CRLF",           "version: STSv1\r\nmode: testing\r\nmx: a.example\r\nmax_age: 0\r\n", NULL            },
    {"without a last line", HEAD "mode: enforce\nmx: a.example\nmax_age: 1",                      NULL            },
    {"unknown fields",      HEAD "mode: enforce\nfuture: yes\n" REST,                             NULL            },
    {"none needs no mx",    HEAD "mode: none\nmax_age: 1\n",                                      NULL            },
    {"the first counts",    HEAD "mode: none\nmode: nonsense\nmax_age: 1\nversion: x\n",          NULL            },
    {"a pattern",           HEAD "mode: enforce\nmx: *.example.org\nmax_age: 1\n",                NULL            },
    {"empty",               "",                                                                   "no version"    },
    {"another version",     "version: STSv2\nmode: enforce\n" REST,                               "not STSv1"     },
    {"no mode",             HEAD REST,                                                            "no mode"       },
    {"another mode",        HEAD "mode: Enforce\n" REST,                                          "not enforce"   },
    {"no age",              HEAD "mode: enforce\nmx: a.example\n",                                "no max_age"    },
    {"too old",             HEAD "mode: none\nmax_age: 31557601\n",                               "up to 31557600"},
    {"a negative age",      HEAD "mode: none\nmax_age: -1\n",                                     "up to 31557600"},
    {"no mx",               HEAD "mode: testing\nmax_age: 1\n",                                   "no mx"         },
    {"a bad mx",            HEAD "mode: enforce\nmx: a..example\nmax_age: 1\n",                   "a value of mx" },
    {"a star inside",       HEAD "mode: enforce\nmx: a.*.example\nmax_age: 1\n",                  "a value of mx" },
    {"no colon",            HEAD "mode enforce\n" REST,                                           "no colon"      },
};

static void test_policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct arena *arena = arena_new();
        struct mta_sts_policy policy;
        const char *problem = NULL;
        bool taken =
            mta_sts_policy_parse(text_from_string(policies[i].content), arena, &policy, &problem);

        unit_row(policies[i].row);
        assert_int_equal(taken, policies[i].problem == NULL);
        if (!taken)
            assert_non_null(strstr(problem, policies[i].problem));
        arena_free(&arena);
    }
}

static void test_too_much(void **state)
{
    struct arena *arena = arena_new();
    struct buffer content = BUFFER_NONE;
    struct mta_sts_policy policy;
    const char *problem;

    (void)state;
    buffer_append_string(&content, HEAD "mode: enforce\nmax_age: 1\n");
    for (int i = 0; i < MTA_STS_POLICY_HOSTS_MAX; i++)
        buffer_append_format(&content, "mx: a%d.example\n", i);
    assert_true(mta_sts_policy_parse(buffer_text(&content), arena, &policy, &problem));
    buffer_append_string(&content, "mx: b.example\n");
    assert_false(mta_sts_policy_parse(buffer_text(&content), arena, &policy, &problem));
    buffer_clear(&content);
    buffer_append_string(&content, HEAD "mode: none\nmax_age: 1\n");
    while (content.len < MTA_STS_POLICY_MAX_BYTES)
        buffer_append_byte(&content, '\n');
    assert_true(mta_sts_policy_parse(buffer_text(&content), arena, &policy, &problem));
    buffer_append_byte(&content, '\n');
    assert_false(mta_sts_policy_parse(buffer_text(&content), arena, &policy, &problem));
    buffer_done(&content);
    arena_free(&arena);
}

/* What we write ourselves; its id, as sha256sum says it. */
static void test_own(void **state)
{
    static const struct text host = {"mail.example.org", 16};
    const struct mta_sts_policy policy = {MTA_STS_TESTING, &host, 1, MTA_STS_USUAL_AGE_S};
    struct buffer content = BUFFER_NONE;
    char id[MTA_STS_ID_LEN + 1];

    (void)state;
    mta_sts_policy_format(&policy, &content);
    assert_string_equal(buffer_string(&content),
        "version: STSv1\r\nmode: testing\r\nmx: mail.example.org\r\nmax_age: 604800\r\n");
    mta_sts_policy_id(buffer_text(&content), id);
    assert_string_equal(id, "53489ece145c54a18e5e");
    buffer_done(&content);
}

static const struct {
    const char *pattern, *host;
    bool covers;
} covers[] = {
    {"mail.example.org", "mail.example.org",   true },
    {"Mail.Example.ORG", "mail.example.org",   true },
    {"*.example.org",    "mail.example.org",   true },
    {"*.example.org",    "a.mail.example.org", false},
    {"*.example.org",    "example.org",        false},
    {"example.org",      "mail.example.org",   false},
};

static void test_covers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof covers / sizeof *covers; i++) {
        const struct text pattern = text_from_string(covers[i].pattern);
        const struct mta_sts_policy policy = {MTA_STS_ENFORCE, &pattern, 1, 1};

        unit_row(covers[i].pattern);
        assert_int_equal(
            mta_sts_policy_covers(&policy, text_from_string(covers[i].host)), covers[i].covers);
    }
}

static const struct {
    const char *record, *id; /* NULL: it is none */
} records[] = {
    {"v=STSv1; id=20260101T000000",                   "20260101T000000"},
    {"v=STSv1;id=a;",                                 "a"              },
    {"v=STSv1; id=abc; future=x",                     "abc"            },
    {"v=STSv1; id=",                                  NULL             },
    {"v=STSv1; id=a-b",                               NULL             },
    {"v=STSv1; id=012345678901234567890123456789012", NULL             },
    {"v=STSv1",                                       NULL             },
    {"id=a; v=STSv1",                                 NULL             },
    {"v=stsv1; id=a",                                 NULL             },
    {"v=spf1 -all",                                   NULL             },
};

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct arena *arena = arena_new();
        struct text id;
        bool is_one = mta_sts_record_id(text_from_string(records[i].record), arena, &id);

        unit_row(records[i].record);
        assert_int_equal(is_one, records[i].id != NULL);
        if (is_one)
            assert_text_equal(id, records[i].id);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_policies), cmocka_unit_test(test_too_much),
    cmocka_unit_test(test_own), cmocka_unit_test(test_covers), cmocka_unit_test(test_records))
