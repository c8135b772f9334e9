/* SPDX-License-Identifier: MIT */

/* The two pure halves of gatepost-checkpassword: its question and its answer. */

#include "authd/checkpassword/answer.h"

#include "lib/base/buffer.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name;
    struct text input;
    bool good;
    const char *user;
    struct text password;
} inputs[] = {
    {"Dovecot's form",   TEXT("a@b.c\0secret\0\0"), true,  "a@b.c", TEXT("secret")},
    {"without a stamp",  TEXT("a@b.c\0secret\0"),   true,  "a@b.c", TEXT("secret")},
    {"with a stamp",
     TEXT("a\0s\0"
             "2026\0"),
     true,                                                 "a",     TEXT("s")     },
    {"no password",      TEXT("a@b.c\0\0\0"),       true,  "a@b.c", TEXT("")      },
    {"nothing",          TEXT(""),                  false, NULL,    TEXT("")      },
    {"name alone",       TEXT("a@b.c"),             false, NULL,    TEXT("")      },
    {"password unended", TEXT("a@b.c\0secret"),     false, NULL,    TEXT("")      },
};

static void test_input(void **state)
{
    char long_input[ASK_INPUT_MAX + 1] = "u";
    struct ask ask = {.kind = ASK_VERIFY};

    (void)state;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        unit_row(inputs[i].name);
        assert_int_equal(ask_parse_input(inputs[i].input, &ask), inputs[i].good);
        if (inputs[i].good) {
            assert_text_equal(ask.user, inputs[i].user);
            assert_true(text_equals(ask.password, inputs[i].password));
        }
    }
    assert_true(ask_parse_input(text_from_bytes(long_input, ASK_INPUT_MAX), &ask));
    assert_false(ask_parse_input(text_from_bytes(long_input, ASK_INPUT_MAX + 1), &ask));
}

static const char *const *environment;

static char *get_environment(const char *name)
{
    for (const char *const *entry = environment; *entry != NULL; entry += 2)
        if (strcmp(*entry, name) == 0)
            return (char *)entry[1];
    return NULL;
}

static const struct {
    const char *name;
    const char *environment[9];
    const char *lines;
} questions[] = {
    {"a login by IMAP",         {"SERVICE", "imap", "AUTH_RIP", "192.0.2.1", "AUTH_SESSION", "abc"},
     "gatepost-login\t1\n1\tverify\tuser=a@b.c\tpassword=x\\t\\\\y\tservice=imap\tremote=192.0."
        "2.1"
        "\tsession=abc\n"                                                                                                                                                     },
    {"by a proxy",              {"SERVICE", "imap", "AUTH_RIP", "192.0.2.1", "AUTH_REAL_RIP", "203.0.113.5"},
     "gatepost-login\t1\n1\tverify\tuser=a@b.c\tpassword=x\\t\\\\y\tservice=imap\tremote=192.0."
        "2.1\treal_remote=203.0.113.5\n"                                                                                                                                      },
    {"nothing known",           {NULL},                                                                       "gatepost-login\t1\n1\tverify\tuser=a@b.c\tpassword=x\\t\\\\y\n"},
    {"a delivery",              {"AUTHORIZED", "1", "SERVICE", "lmtp"},
     "gatepost-login\t1\n1\tlookup\tuser=a@b.c\tservice=lmtp\n"                                                                                                               },
    {"a lookup of credentials",
     {"AUTHORIZED", "1", "CREDENTIALS_LOOKUP", "1", "TCPREMOTEIP", "2001:db8::1"},
     "gatepost-login\t1\n1\tlookup\tuser=a@b.c\tremote=2001:db8::1\n"                                                                                                         },
};

static void test_question(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        char line[LOGIN_LINE_MAX];
        struct ask ask = {.kind = ASK_VERIFY};

        unit_row(questions[i].name);
        assert_true(ask_parse_input(TEXT("a@b.c\0x\t\\y\0\0"), &ask));
        environment = questions[i].environment;
        ask_take_environment(&ask, get_environment);
        assert_text_equal(text_from_bytes(line, ask_format(&ask, line)), questions[i].lines);
    }
}

/* Everything as long as it can be, and every byte escaped. */
static void test_longest_question(void **state)
{
    static char tabs[ASK_INPUT_MAX + 1], line[LOGIN_LINE_MAX];
    const char *const all[] = {
        "SERVICE", tabs, "AUTH_RIP", tabs, "AUTH_REAL_RIP", tabs, "AUTH_SESSION", tabs, NULL};
    struct ask ask = {.kind = ASK_VERIFY};
    size_t len;

    (void)state;
    memset(tabs, '\t', ASK_INPUT_MAX);
    ask.user = ask.password = text_from_bytes(tabs, ASK_INPUT_MAX);
    environment = all;
    ask_take_environment(&ask, get_environment);
    len = ask_format(&ask, line);
    assert_true(len > 4 * ASK_INPUT_MAX && len < LOGIN_LINE_MAX);
}

#define HELLO "gatepost-login\t1\n"
#define FULL "1\tok\tuser=a@b.c\thome=/m/b.c/a\tuid=5000\tgid=5001\tquota_bytes=1000\n"

static const struct {
    const char *name;
    struct text lines;
    bool good;
    enum answer_exit verify, lookup;
} answers[] = {
    {"ok",                  TEXT(HELLO FULL),                                                        true,  0,   2  },
    {"mismatch",            TEXT(HELLO "1\tmismatch\n"),                                             true,  1,   111},
    {"disabled",            TEXT(HELLO "1\tdisabled\n"),                                             true,  1,   111},
    {"unknown",             TEXT(HELLO "1\tunknown\n"),                                              true,  1,   3  },
    {"temporary",           TEXT(HELLO "1\ttemporary\treason=busy\n"),                               true,  111, 111},
    {"a field of later",    TEXT(HELLO "1\tunknown\tcolour=red\n"),                                  true,  1,   3  },
    {"error",               TEXT("error\treason=x\n"),                                               false, 0,   0  },
    {"greeting alone",      TEXT(HELLO),                                                             false, 0,   0  },
    {"another version",     TEXT("gatepost-login\t2\n1\tunknown\n"),                                 false, 0,   0  },
    {"half a line",         TEXT(HELLO "1\tunknown"),                                                false, 0,   0  },
    {"another's answer",    TEXT(HELLO "2\tunknown\n"),                                              false, 0,   0  },
    {"unknown word",        TEXT(HELLO "1\tmaybe\n"),                                                false, 0,   0  },
    {"no word",             TEXT(HELLO "1\n"),                                                       false, 0,   0  },
    {"empty line",          TEXT(HELLO "\n"),                                                        false, 0,   0  },
    {"ok without a record", TEXT(HELLO "1\tok\n"),                                                   false, 0,   0  },
    {"uid no number",       TEXT(HELLO "1\tok\tuser=a\thome=/a\tuid=x\tgid=1\tquota_bytes=0\n"),     false, 0,
     0                                                                                                              },
    {"NUL in the home",     TEXT(HELLO "1\tok\tuser=a\thome=/a\\0b\tuid=1\tgid=1\tquota_bytes=0\n"),
     false,                                                                                                 0,   0  },
    {"bad escape",          TEXT(HELLO "1\ttemporary\treason=\\q\n"),                                false, 0,   0  },
    {"not name=value",      TEXT(HELLO "1\tunknown\tx\n"),                                           false, 0,   0  },
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct buffer lines = BUFFER_NONE;
        struct answer answer;

        unit_row(answers[i].name);
        buffer_append_text(&lines, answers[i].lines);
        assert_int_equal(answer_parse(lines.data, lines.len, &answer), answers[i].good);
        if (answers[i].good) {
            assert_int_equal(answer_exit_of(&answer, ASK_VERIFY), answers[i].verify);
            assert_int_equal(answer_exit_of(&answer, ASK_LOOKUP), answers[i].lookup);
        }
        buffer_done(&lines);
    }
}

static void test_fields(void **state)
{
    char lines[] =
        HELLO "1\tok\tuser=a@b.c\thome=/m/a\\tb\001c\tuid=5000\tgid=5001\tquota_bytes=7\n";
    char text[ANSWER_TEXT_MAX];
    struct answer answer;

    (void)state;
    assert_true(answer_parse(lines, sizeof lines - 1, &answer));
    assert_text_equal(text_from_bytes(text, answer_format(&answer, text)),
        "user=a@b.c\tuserdb_home=/m/a\001tb\001"
        "1c\tuserdb_uid=5000\tuserdb_gid=5001\tuserdb_mail=maildir:~/Maildir\t"
        "userdb_quota_rule=*:bytes=7\t");
}

static void test_whole(void **state)
{
    struct text both = TEXT(HELLO "1\tunknown\n");

    (void)state;
    for (size_t len = 0; len < both.len; len++)
        assert_int_equal(answer_whole(text_head(both, len)), 0);
    assert_int_equal(answer_whole(both), both.len);
    assert_int_equal(answer_whole(TEXT(HELLO "1\tunknown\nmore")), both.len);
}

UNIT_MAIN(cmocka_unit_test(test_input), cmocka_unit_test(test_question),
    cmocka_unit_test(test_longest_question), cmocka_unit_test(test_answers),
    cmocka_unit_test(test_fields), cmocka_unit_test(test_whole))
