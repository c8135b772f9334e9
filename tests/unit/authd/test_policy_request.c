/* SPDX-License-Identifier: MIT */
#include "authd/policy-request.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name, *query, *body, *problem;
} bad[] = {
    {"no command",          "",                "{\"login\":\"a\"}",                     "the command is neither allow nor report"},
    {"another command",     "command=allowed", "{\"login\":\"a\"}",
     "the command is neither allow nor report"                                                                                   },
    {"no JSON",             "command=allow",   "login=a",                               "the body is not a JSON object"          },
    {"nothing",             "command=allow",   "",                                      "the body is not a JSON object"          },
    {"a list",              "command=allow",   "[\"login\"]",                           "the body is not a JSON object"          },
    {"more behind it",      "command=allow",   "{\"login\":\"a\"}{}",                   "the body is not a JSON object"          },
    {"twice",               "command=allow",   "{\"login\":\"a\",\"login\":\"b\"}",
     "the body is not a JSON object"                                                                                             },
    {"no UTF-8",            "command=allow",   "{\"login\":\"\xff\"}",                  "the body is not a JSON object"          },
    {"a number for a name", "command=allow",   "{\"login\":1}",                         "an attribute is not a string"           },
    {"success as a word",   "command=report",  "{\"login\":\"a\",\"success\":\"no\"}",
     "an attribute is neither true nor false"                                                                                    },
    {"no name",             "command=allow",   "{\"remote\":\"192.0.2.1\"}",            "there is no login"                      },
    {"no address",          "command=allow",   "{\"login\":\"a\",\"remote\":\"mail\"}",
     "remote is not an IP address"                                                                                               },
    {"deep",                "command=allow",   "{\"login\":\"a\",\"x\":[[[[1]]]]}",     "the JSON is too deep"                   },
};

static void test_bad(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct policy_request request;
        const char *problem = NULL;

        unit_row(bad[i].name);
        assert_false(policy_request_parse(text_from_string(bad[i].query),
            text_from_string(bad[i].body), arena, &request, &problem));
        assert_string_equal(problem, bad[i].problem);
    }
    arena_free(&arena);
}

static struct policy_request parse(const char *query, const char *body, struct arena *arena)
{
    struct policy_request request;
    const char *problem = NULL;

    assert_true(policy_request_parse(
        text_from_string(query), text_from_string(body), arena, &request, &problem));
    return request;
}

/* As Dovecot 2.3 sends it. */
static void test_allow(void **state)
{
    struct arena *arena = arena_new();
    struct policy_request request = parse("command=allow",
        "{\"device_id\":\"\",\"login\":\"a\\u00e9[\\\"{\",\"protocol\":\"imap\",\"pwhash\":"
        "\"0abc\","
        "\"remote\":\"2001:db8::1\",\"session_id\":\"s\",\"tls\":false}",
        arena);

    (void)state;
    assert_int_equal(request.command, POLICY_ALLOW);
    assert_text_equal(request.login, "a\xc3\xa9[\"{");
    assert_text_equal(request.pwhash, "0abc");
    assert_text_equal(request.protocol, "imap");
    assert_text_equal(request.session, "s");
    assert_text_equal(request.mech, "");
    assert_int_equal(request.remote.family, IP_V6);
    arena_free(&arena);
}

static void test_report(void **state)
{
    struct arena *arena = arena_new();
    struct policy_request request = parse("x=y&command=report",
        "{\"login\":\"a\\u0000b\",\"remote\":\"\",\"real_remote\":\"203.0.113.5\",\"mech\":"
        "\"PLAIN\",\"success\":true,"
        "\"policy_reject\":true,\"fail_type\":\"account\"}",
        arena);

    (void)state;
    assert_int_equal(request.command, POLICY_REPORT);
    assert_int_equal(request.login.len, 3);
    assert_int_equal(request.remote.family, IP_NONE);
    assert_int_equal(request.real_remote.family, IP_V4);
    assert_text_equal(request.mech, "PLAIN");
    assert_true(request.success);
    assert_true(request.policy_reject);
    assert_int_equal(request.fail, POLICY_FAIL_ACCOUNT);
    arena_free(&arena);
}

static const struct {
    const char *name, *body;
    enum policy_fail fail;
} fails[] = {
    {"2.3",        "{\"login\":\"a\"}",                               POLICY_FAIL_UNSAID     },
    {"a password", "{\"login\":\"a\",\"fail_type\":\"credentials\"}", POLICY_FAIL_CREDENTIALS},
    {"an account", "{\"login\":\"a\",\"fail_type\":\"account\"}",     POLICY_FAIL_ACCOUNT    },
    {"an error",   "{\"login\":\"a\",\"fail_type\":\"internal\"}",    POLICY_FAIL_OTHER      },
    {"a new word", "{\"login\":\"a\",\"fail_type\":\"elsewhere\"}",   POLICY_FAIL_OTHER      },
};

static void test_fails(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof fails / sizeof *fails; i++) {
        unit_row(fails[i].name);
        assert_int_equal(parse("command=report", fails[i].body, arena).fail, fails[i].fail);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_bad), cmocka_unit_test(test_allow), cmocka_unit_test(test_report),
    cmocka_unit_test(test_fails))
