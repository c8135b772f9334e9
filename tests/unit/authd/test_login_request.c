/* SPDX-License-Identifier: MIT */
#include "authd/login-request.h"

#include "lib/base/buffer.h"
#include "tests/unit/unit.h"

static void test_greeting(void **state)
{
    (void)state;
    assert_true(login_request_is_greeting(TEXT("gatepost-login\t1")));
    assert_false(login_request_is_greeting(TEXT("gatepost-login\t2")));
    assert_false(login_request_is_greeting(TEXT("gatepost-login\t11")));
    assert_false(login_request_is_greeting(TEXT("gatepost-login")));
    assert_false(login_request_is_greeting(TEXT("")));
}

static const struct {
    const char *name;
    struct text plain, escaped;
} values[] = {
    {"plain",        {"alice", 5},          {"alice", 5}            },
    {"empty",        {"", 0},               {"", 0}                 },
    {"all five",     {"\t\n\r\0\\", 5},     {"\\t\\n\\r\\0\\\\", 10}},
    {"not ASCII",    {"p\xc3\xa4\xff=", 5}, {"p\xc3\xa4\xff=", 5}   },
    {"letters only", {"tnr0", 4},           {"tnr0", 4}             },
};

static void test_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char room[LOGIN_ESCAPED_MAX(16)];
        size_t len = login_field_escape(values[i].plain, room);

        unit_row(values[i].name);
        assert_true(text_equals(text_from_bytes(room, len), values[i].escaped));
        assert_true(login_field_unescape(room, &len));
        assert_true(text_equals(text_from_bytes(room, len), values[i].plain));
    }
}

static const struct {
    const char *name;
    struct text line;
    const char *problem; /* NULL: it is one */
    struct login_request request;
} lines[] = {
    {"verify, all fields",
     TEXT("7\tverify\tuser=a@b.example\tpassword=x "
             "y\tservice=imap\tremote=192.0.2.1\tsession=S/+=\treal_remote=203.0.113.5"),
     NULL,                                                                                                                                    {7, LOGIN_VERIFY, TEXT("a@b.example"), TEXT("x y"), TEXT("imap"), TEXT("192.0.2.1"),
            TEXT("S/+="), TEXT("203.0.113.5")}                                                                                         },
    {"verify, escaped",                           TEXT("0\tverify\tpassword=\\t\\0\\\\\tuser=\\n"), NULL,
     {0, LOGIN_VERIFY, TEXT("\n"), TEXT("\t\0\\"), TEXT(""), TEXT(""), TEXT(""), TEXT("")}                                                       },
    {"an empty password is one",                  TEXT("1\tverify\tuser=u\tpassword="),             NULL,
     {1, LOGIN_VERIFY, TEXT("u"), TEXT(""), TEXT(""), TEXT(""), TEXT(""), TEXT("")}                                                              },
    {"fields of a later version are passed over", TEXT("1\tlookup\tcolour=\\q\tuser=u"),            NULL,
     {1, LOGIN_LOOKUP, TEXT("u"), TEXT(""), TEXT(""), TEXT(""), TEXT(""), TEXT("")}                                                              },
    {"list",                                      TEXT("4294967295\tlist"),                         NULL,
     {UINT32_MAX, LOGIN_LIST, TEXT(""), TEXT(""), TEXT(""), TEXT(""), TEXT(""), TEXT("")}                                                        },
    {"empty",                                     TEXT(""),                                         "no request number",                      {0}},
    {"not a number",                              TEXT("x\tlist"),                                  "no request number",                      {0}},
    {"number too large",                          TEXT("4294967296\tlist"),                         "no request number",                      {0}},
    {"number alone",                              TEXT("1"),                                        "no verb",                                {0}},
    {"unknown verb",                              TEXT("1\tfrobnicate"),                            "an unknown verb",                        {0}},
    {"verb of another case",                      TEXT("1\tLIST"),                                  "an unknown verb",                        {0}},
    {"no user",                                   TEXT("1\tlookup"),                                "no user",                                {0}},
    {"no password",                               TEXT("1\tverify\tuser=u"),                        "no password",                            {0}},
    {"no equals sign",                            TEXT("1\tlookup\tuser"),                          "a field is not name=value",              {0}},
    {"no name",                                   TEXT("1\tlookup\t=u"),                            "a field is not name=value",              {0}},
    {"empty field",                               TEXT("1\tlookup\t\tuser=u"),                      "a field is not name=value",              {0}},
    {"user twice",                                TEXT("1\tlookup\tuser=u\tuser=v"),                "a field stands twice",                   {0}},
    {"empty user, then another",                  TEXT("1\tlookup\tuser=\tuser=v"),                 "a field stands twice",                   {0}},
    {"unknown escape",                            TEXT("1\tlookup\tuser=\\q"),                      "a value is not escaped as it should be", {0}},
    {"backslash at the end",                      TEXT("1\tlookup\tuser=u\\"),                      "a value is not escaped as it should be",
     {0}                                                                                                                                         },
    {"bare NUL",                                  TEXT("1\tlookup\tuser=u\0v"),                     "a value is not escaped as it should be", {0}},
    {"bare CR",                                   TEXT("1\tlookup\tuser=u\r"),                      "a value is not escaped as it should be", {0}},
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct login_request request = {.id = 4711};
        const struct login_request *expected = &lines[i].request;
        const char *problem = NULL;
        struct buffer line = BUFFER_NONE;
        bool is_one;

        unit_row(lines[i].name);
        buffer_append_text(&line, lines[i].line);
        is_one = login_request_parse(line.data, line.len, &request, &problem);
        assert_int_equal(is_one, lines[i].problem == NULL);
        if (is_one) {
            assert_int_equal(request.id, expected->id);
            assert_int_equal(request.verb, expected->verb);
            assert_true(text_equals(request.user, expected->user));
            assert_true(text_equals(request.password, expected->password));
            assert_true(text_equals(request.service, expected->service));
            assert_true(text_equals(request.remote, expected->remote));
            assert_true(text_equals(request.session, expected->session));
            assert_true(text_equals(request.real_remote, expected->real_remote));
        } else {
            assert_string_equal(problem, lines[i].problem);
            assert_int_equal(request.id, 4711);
        }
        buffer_done(&line);
    }
}

UNIT_MAIN(
    cmocka_unit_test(test_greeting), cmocka_unit_test(test_escape), cmocka_unit_test(test_lines))
