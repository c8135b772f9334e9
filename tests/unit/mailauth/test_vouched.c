/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/mailauth-vouched.h"

#include "tests/unit/mailauth/canned.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

#define MX2 " mx2.example.net; "
#define OWN_MAX 3

/* What we find ourselves. */
struct own {
    const char *domain, *selector, *algorithm, *b_head;
    enum auth_result result;
    bool is_partial, is_tested;
};

/* The keys that there are. */
static const struct canned_record zone[] = {
    {"in-use._domainkey.a.tld",  "TXT",     "v=DKIM1; p=AAAA"       },
    {"tested._domainkey.a.tld",  "TXT",     "v=DKIM1; t=y; p=AAAA"  },
    {"tested._domainkey.b.tld",  "TXT",     "v=DKIM1; p=AAAA"       },
    {"both._domainkey.a.tld",    "TXT",     "spf? no key"           },
    {"both._domainkey.a.tld",    "TXT",     "v=DKIM1; p=AAAA"       },
    {"both._domainkey.a.tld",    "TXT",     "v=DKIM1; t=s:y; p=AAAA"},
    {"revoked._domainkey.a.tld", "TXT",     "v=DKIM1; t=y; p="      },
    {"mute._domainkey.a.tld",    "TIMEOUT", ""                      },
    {NULL,                       NULL,      NULL                    },
};

/* What the relay's fields say, added in their order. */
static struct mailauth_vouched vouched_by(const char *const *fields, struct arena *arena)
{
    struct mailauth_vouched vouched = {.by = TEXT("mx2")};

    for (; *fields != NULL; fields++)
        assert_true(mailauth_vouched_add(&vouched, arena_copy(arena, exact_row(*fields)), arena));
    return vouched;
}

/* --- signatures --- */

/* "domain=result domain=result": with those that are there, ours first. */
static void describe(
    const struct signature_verdict *verdicts, size_t count, char *text, size_t text_size)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, text_size - len, "%s%.*s=%s%s%s", i == 0 ? "" : " ",
            TEXT_ARGS(verdicts[i].domain), auth_result_word(verdicts[i].result),
            verdicts[i].reason != NULL ? "!" : "", verdicts[i].testing ? "?" : "");
}

static size_t make_own(const struct own *own, struct signature_verdict *verdicts)
{
    size_t count = 0;

    for (; count < OWN_MAX && own[count].domain != NULL; count++)
        verdicts[count] = (struct signature_verdict){
            .domain = text_from_string(own[count].domain),
            .selector = text_from_string(own[count].selector),
            .algorithm = text_from_string(own[count].algorithm),
            .b_head = text_from_string(own[count].b_head),
            .result = own[count].result,
            .is_partial = own[count].is_partial,
            .testing = own[count].is_tested,
        };
    return count;
}

/* How the relay's word changes what we found, once the keys are known. */
static void check_signatures(const char *results, const struct own *own, const char *expected)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    const char *const fields[] = {arena_print(arena, MX2 "%s", results).data, NULL};
    struct mailauth_vouched vouched = vouched_by(fields, arena);
    struct signature_verdict verdicts[OWN_MAX];
    const struct signature_verdict *judged;
    size_t count = make_own(own, verdicts);
    char text[256];

    canned_add_table(canned, zone);
    while (mailauth_vouched_ask(&vouched, answers) == AUTH_WAITING)
        assert_int_not_equal(canned_answer_wave(canned, answers), 0);
    judged = mailauth_vouched_signatures(&vouched, verdicts, &count, answers, arena);
    describe(judged, count, text, sizeof text);
    assert_string_equal(text, expected);
    arena_free(&arena);
}

/* Of which signature the relay speaks: what it says of one is all there (RFC 8601 §2.7.1, 6008). */
static void test_signatures(void **state)
{
#define ONE(result)                                                                                \
    {                                                                                              \
        "a.tld", "s1", "rsa-sha256", "AAAABBBB", result, false, false                              \
    }
#define OTHER(result)                                                                              \
    {                                                                                              \
        "a.tld", "s1", "rsa-sha256", "CCCCDDDD", result, false, false                              \
    }
    static const struct {
        const char *name, *results;
        struct own own[OWN_MAX];
        const char *verdicts; /* "!": with a reason, as the relay's word has one */
    } rows[] = {
        {"gone",                                     "dkim=pass header.d=a.tld",                           {{NULL}},                           "a.tld=pass!"             },
        {"broken",                                   "dkim=pass header.d=a.tld",                           {ONE(AUTH_FAIL)},                   "a.tld=pass!"             },
        {"no answer about its key",                  "dkim=pass header.d=a.tld",                           {ONE(AUTH_TEMPERROR)},
         "a.tld=pass!"                                                                                                                                                   },
        {"good",                                     "dkim=pass header.d=a.tld",                           {ONE(AUTH_PASS)},                   "a.tld=pass"              },
        {"refused by us",                            "dkim=pass header.d=a.tld",                           {ONE(AUTH_POLICY)},                 "a.tld=policy"            },
        {"malformed for us",                         "dkim=pass header.d=a.tld",                           {ONE(AUTH_PERMERROR)},              "a.tld=permerror"         },
        {"of a part",                                "dkim=pass header.d=a.tld",
         {{"a.tld", "s1", "rsa-sha256", "AAAABBBB", AUTH_FAIL, true, false}},                                                                  "a.tld=fail"              },
        {"of another domain",
         "dkim=pass header.d=b.tld header.s=s1 header.a=rsa-sha256 header.b=AAAABBBB",                     {ONE(AUTH_FAIL)},                   "a.tld=fail b.tld=pass!"  },
        {"of the domain, in capitals",               "dkim=pass header.d=A.TLD",                           {ONE(AUTH_FAIL)},                   "a.tld=pass!"             },
        {"of the selector, in capitals",             "dkim=pass header.d=a.tld header.s=S1",               {ONE(AUTH_FAIL)},
         "a.tld=pass!"                                                                                                                                                   },
        {"of another selector",                      "dkim=pass header.d=a.tld header.s=s2",               {ONE(AUTH_FAIL)},
         "a.tld=fail a.tld=pass!"                                                                                                                                        },
        {"of the algorithm, in capitals",            "dkim=pass header.d=a.tld header.a=RSA-SHA256",
         {ONE(AUTH_FAIL)},                                                                                                                     "a.tld=pass!"             },
        {"of another algorithm",                     "dkim=pass header.d=a.tld header.a=ed25519-sha256",
         {ONE(AUTH_FAIL)},                                                                                                                     "a.tld=fail a.tld=pass!"  },
        {"of the same beginning",                    "dkim=pass header.d=a.tld header.b=AAAABBBB",         {ONE(AUTH_FAIL)},
         "a.tld=pass!"                                                                                                                                                   },
        {"of a shorter beginning",                   "dkim=pass header.d=a.tld header.b=AAAABB",           {ONE(AUTH_FAIL)},
         "a.tld=pass!"                                                                                                                                                   },
        {"of a longer beginning",                    "dkim=pass header.d=a.tld header.b=AAAABBBBEEEE",
         {ONE(AUTH_FAIL)},                                                                                                                     "a.tld=pass!"             },
        {"of another beginning",                     "dkim=pass header.d=a.tld header.b=AAAABBBC",         {ONE(AUTH_FAIL)},
         "a.tld=fail a.tld=pass!"                                                                                                                                        },
        {"of another, shorter beginning",            "dkim=pass header.d=a.tld header.b=AAAC",
         {ONE(AUTH_FAIL)},                                                                                                                     "a.tld=fail a.tld=pass!"  },
        {"of one of two that are broken: the first", "dkim=pass header.d=a.tld",
         {ONE(AUTH_FAIL), OTHER(AUTH_FAIL)},                                                                                                   "a.tld=pass! a.tld=fail"  },
        {"of one of two, of which one is good",      "dkim=pass header.d=a.tld",
         {ONE(AUTH_FAIL), OTHER(AUTH_PASS)},                                                                                                   "a.tld=fail a.tld=pass"   },
        {"of one of two, of which one is refused",   "dkim=pass header.d=a.tld",
         {ONE(AUTH_POLICY), OTHER(AUTH_FAIL)},                                                                                                 "a.tld=policy a.tld=pass!"},
        {"of two: each once",                        "dkim=pass header.d=a.tld; dkim=pass header.d=a.tld",
         {ONE(AUTH_FAIL), OTHER(AUTH_FAIL)},                                                                                                   "a.tld=pass! a.tld=fail"  },
        {"of two, told apart",
         "dkim=pass header.d=a.tld header.b=AAAABBBB; dkim=pass header.d=a.tld "
            "header.b=CCCCDDDD",                                                                           {ONE(AUTH_FAIL), OTHER(AUTH_FAIL)}, "a.tld=pass! a.tld=pass!" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        check_signatures(rows[i].results, rows[i].own, rows[i].verdicts);
    }
}

/* A key with t=y signs nothing (RFC 6376 3.6.1), also where only the relay could verify. */
static void test_tested_keys(void **state)
{
#define BROKEN(selector, tested)                                                                   \
    {                                                                                              \
        "a.tld", selector, "rsa-sha256", "AAAABBBB", AUTH_FAIL, false, tested                      \
    }
    static const struct {
        const char *name, *results;
        struct own own[OWN_MAX];
        const char *verdicts; /* "?": by a key that is being tested */
    } rows[] = {
        {"in use, gone",                   "dkim=pass header.d=a.tld header.s=in-use",  {{NULL}},                  "a.tld=pass!" },
        {"tested, gone",                   "dkim=pass header.d=a.tld header.s=tested",  {{NULL}},                  "a.tld=pass!?"},
        {"tested, gone, in capitals",      "dkim=pass header.d=A.tld header.s=TESTED",  {{NULL}},
         "a.tld=pass!?"                                                                                                          },
        {"tested by another domain",       "dkim=pass header.d=b.tld header.s=tested",  {{NULL}},
         "b.tld=pass!"                                                                                                           },
        {"one of several records says so", "dkim=pass header.d=a.tld header.s=both",    {{NULL}},
         "a.tld=pass!?"                                                                                                          },
        {"revoked by now",                 "dkim=pass header.d=a.tld header.s=revoked", {{NULL}},                  "a.tld=pass!" },
        {"no record by now",               "dkim=pass header.d=a.tld header.s=old",     {{NULL}},                  "a.tld=pass!" },
        {"no answer",                      "dkim=pass header.d=a.tld header.s=mute",    {{NULL}},                  "a.tld=pass!" },
        {"no selector",                    "dkim=pass header.d=a.tld",                  {{NULL}},                  "a.tld=pass!" },
        {"a selector that is no name",     "dkim=pass header.d=a.tld header.s=a..b",    {{NULL}},
         "a.tld=pass!"                                                                                                           },
        {"tested, broken",                 "dkim=pass header.d=a.tld header.s=tested",  {BROKEN("tested", false)},
         "a.tld=pass!?"                                                                                                          },
        {"tested as we saw, broken",       "dkim=pass header.d=a.tld",                  {BROKEN("tested", true)},
         "a.tld=pass!?"                                                                                                          },
        {"in use, broken",                 "dkim=pass header.d=a.tld header.s=in-use",  {BROKEN("in-use", false)},
         "a.tld=pass!"                                                                                                           },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        check_signatures(rows[i].results, rows[i].own, rows[i].verdicts);
    }
}

/* The keys are asked for at once, and nothing is done before their answers. */
static void test_keys_are_asked_for(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    const char *const fields[] = {MX2 "dkim=pass header.d=a.tld header.s=tested; "
                                      "dkim=pass header.d=a.tld header.s=in-use; "
                                      "dkim=pass header.d=a.tld",
        NULL};
    struct mailauth_vouched vouched = vouched_by(fields, arena);

    (void)state;
    canned_add_table(canned, zone);
    assert_int_equal(mailauth_vouched_ask(&vouched, answers), AUTH_WAITING);
    assert_int_equal(answers_missing_count(answers), 2);
    canned_answer_wave(canned, answers);
    assert_int_equal(mailauth_vouched_ask(&vouched, answers), AUTH_DONE);
    arena_free(&arena);
}

/* As many signatures as a relay may vouch for, and one more, from two fields of it. */
static void test_bound(void **state)
{
    struct arena *arena = arena_new();
    struct mailauth_vouched *vouched = arena_alloc_zero(arena, 1, sizeof *vouched);
    struct answers *answers = answers_new(arena);
    const struct signature_verdict *verdicts;
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < MAILAUTH_VOUCHED_SIGNATURES_MAX + 1; i++)
        assert_true(mailauth_vouched_add(
            vouched, arena_print(arena, MX2 "dkim=pass header.d=d%u.tld", i), arena));
    assert_true(mailauth_vouched_add(
        vouched, TEXT(MX2 "spf=pass smtp.mailfrom=a.tld; dmarc=pass header.from=a.tld"), arena));
    verdicts = mailauth_vouched_signatures(vouched, NULL, &count, answers, arena);
    assert_int_equal(count, MAILAUTH_VOUCHED_SIGNATURES_MAX);
    assert_text_equal(verdicts[0].domain, "d0.tld");
    assert_text_equal(verdicts[count - 1].domain, "d19.tld");
    assert_text_equal(vouched->author_domain, "a.tld");
    arena_free(&arena);
}

/* --- SPF --- */

static void test_spf(void **state)
{
    static const struct {
        const char *name, *first, *second;
        bool sender_is_null;
        const char *domain; /* NULL: the relay does not say */
        enum auth_result result;
    } rows[] = {
        {"of the sender",                                             MX2 "spf=fail smtp.mailfrom=x@A.tld",                             NULL, false, "a.tld", AUTH_FAIL},
        {"of two, the first",                                         MX2 "spf=fail smtp.mailfrom=a.tld; spf=pass smtp.mailfrom=b.tld",
         NULL,                                                                                                                                false, "a.tld", AUTH_FAIL},
        {"of two fields, the first",                                  MX2 "spf=fail smtp.mailfrom=a.tld",
         MX2 "spf=pass smtp.mailfrom=a.tld",                                                                                                  false, "a.tld", AUTH_FAIL},
        {"of two, the first that has a domain",
         MX2 "spf=fail smtp.mailfrom=a..tld; spf=pass smtp.mailfrom=b.tld",                                                             NULL, false, "b.tld",
         AUTH_PASS                                                                                                                                                     },
        {"of two HELO names, the first",                              MX2 "spf=fail smtp.helo=a.tld; spf=pass smtp.helo=b.tld",
         NULL,                                                                                                                                true,  "a.tld", AUTH_FAIL},
        {"of both, for a sender",                                     MX2 "spf=fail smtp.mailfrom=a.tld; spf=pass smtp.helo=h.tld",
         NULL,                                                                                                                                false, "a.tld", AUTH_FAIL},
        {"of both, for the null sender",
         MX2 "spf=fail smtp.mailfrom=a.tld; spf=pass smtp.helo=h.tld",                                                                  NULL, true,  "h.tld",
         AUTH_PASS                                                                                                                                                     },
        {"of HELO alone, for a sender",                               MX2 "spf=pass smtp.helo=h.tld",                                   NULL, false, NULL,
         AUTH_NONE                                                                                                                                                     },
        {"of postmaster at HELO, for the null sender (RFC 7208 2.4)",
         MX2 "spf=pass smtp.mailfrom=postmaster@h.tld",                                                                                 NULL, true,  "h.tld", AUTH_PASS},
        {"of nobody",                                                 MX2 "spf=pass",                                                   NULL, false, NULL,    AUTH_NONE},
        {"of nobody, the null sender",                                MX2 "spf=pass",                                                   NULL, true,  NULL,    AUTH_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        const char *const fields[] = {rows[i].first, rows[i].second, NULL};
        struct mailauth_vouched vouched = vouched_by(fields, arena);
        struct spf_verdict verdict;
        bool is_there = mailauth_vouched_spf(&vouched, rows[i].sender_is_null, arena, &verdict);

        unit_row(rows[i].name);
        assert_int_equal(is_there, rows[i].domain != NULL);
        if (is_there) {
            assert_int_equal(verdict.result, rows[i].result);
            assert_text_equal(verdict.domain, rows[i].domain);
            assert_string_equal(verdict.problem, "as mx2 found");
        }
        arena_free(&arena);
    }
}

/* --- DMARC --- */

static void test_dmarc(void **state)
{
    static const struct {
        const char *name, *results, *author;
        enum auth_result own, result;
    } rows[] = {
        {"a fail of ours",                      "dmarc=pass header.from=a.tld",                               "a.tld", AUTH_FAIL,      AUTH_PASS},
        {"no answer for us",                    "dmarc=pass header.from=a.tld",                               "a.tld", AUTH_TEMPERROR, AUTH_PASS},
        {"no policy for us: none stays none",   "dmarc=pass header.from=a.tld",                               "a.tld", AUTH_NONE,
         AUTH_NONE                                                                                                                              },
        {"a record that we cannot read",        "dmarc=pass header.from=a.tld",                               "a.tld", AUTH_PERMERROR,
         AUTH_PERMERROR                                                                                                                         },
        {"of another author",                   "dmarc=pass header.from=b.tld",                               "a.tld", AUTH_FAIL,      AUTH_FAIL},
        {"of two authors, the first",           "dmarc=pass header.from=a.tld; dmarc=pass header.from=b.tld",
         "a.tld",                                                                                                      AUTH_FAIL,      AUTH_PASS},
        {"of two authors, not the second",
         "dmarc=pass header.from=a.tld; dmarc=pass header.from=b.tld",                                        "b.tld", AUTH_FAIL,
         AUTH_FAIL                                                                                                                              },
        {"of two, the first that has a domain", "dmarc=pass; dmarc=pass header.from=b.tld",                   "b.tld",
         AUTH_FAIL,                                                                                                                    AUTH_PASS},
        {"of nobody, who is no author either",  "dmarc=pass",                                                 "",      AUTH_FAIL,      AUTH_FAIL},
        {"a fail of the relay",                 "dmarc=fail header.from=a.tld",                               "a.tld", AUTH_FAIL,      AUTH_FAIL},
        {"a pass of ours",                      "dmarc=pass header.from=a.tld",                               "a.tld", AUTH_PASS,      AUTH_PASS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        const char *const fields[] = {arena_print(arena, MX2 "%s", rows[i].results).data, NULL};
        struct mailauth_vouched vouched = vouched_by(fields, arena);
        struct dmarc_verdict verdict = {.result = rows[i].own};
        bool is_changed = rows[i].own != rows[i].result;

        unit_row(rows[i].name);
        mailauth_vouched_dmarc(&vouched, text_from_string(rows[i].author), arena, &verdict);
        assert_int_equal(verdict.result, rows[i].result);
        assert_int_equal(verdict.problem != NULL, is_changed);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_signatures), cmocka_unit_test(test_tested_keys),
    cmocka_unit_test(test_keys_are_asked_for), cmocka_unit_test(test_bound),
    cmocka_unit_test(test_spf), cmocka_unit_test(test_dmarc))
