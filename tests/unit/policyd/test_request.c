/* SPDX-License-Identifier: MIT */
#include "policyd/request.h"

#include "tests/unit/unit.h"

#define KIND "request=smtpd_access_policy\n"

static void test_whole(void **state)
{
    const struct text lines = TEXT(KIND "protocol_state=RCPT\nprotocol_name=ESMTP\n"
                                        "client_address=192.0.2.1\nsender=a=b@example.org\n"
                                        "recipient=SRS0=x=y=z@example.net\nrecipient_count=0\n"
                                        "queue_id=\ninstance=1a.2b.3c.0\nsize=12345\n"
                                        "sasl_username=Alice@example.org\nx_new_in_postfix_9=\n");
    struct request request;
    struct failure failure;

    (void)state;
    assert_int_equal(request_parse(lines, &request, &failure), ERR_NONE);
    assert_int_equal(request.stage, REQUEST_AT_RCPT);
    assert_text_equal(request.client_address, "192.0.2.1");
    assert_text_equal(request.sender, "a=b@example.org");
    assert_text_equal(request.recipient, "SRS0=x=y=z@example.net");
    assert_text_equal(request.queue_id, "");
    assert_text_equal(request.instance, "1a.2b.3c.0");
    assert_text_equal(request.user, "Alice@example.org");
    assert_int_equal(request.recipient_count, 0);
}

static const struct {
    const char *name;
    struct text stage;
    enum request_stage expected;
} stages[] = {
    {"RCPT",              {"RCPT", 4},            REQUEST_AT_RCPT },
    {"DATA",              {"DATA", 4},            REQUEST_AT_DATA },
    {"end",               {"END-OF-MESSAGE", 14}, REQUEST_AT_END  },
    {"MAIL",              {"MAIL", 4},            REQUEST_AT_OTHER},
    {"one of the future", {"BDAT", 4},            REQUEST_AT_OTHER},
    {"none",              {"", 0},                REQUEST_AT_OTHER},
};

static void test_stages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        char lines[128];
        int len = snprintf(lines, sizeof lines, KIND "protocol_state=%.*s\nrecipient_count=17\n",
            TEXT_ARGS(stages[i].stage));
        struct request request;

        unit_row(stages[i].name);
        assert_int_equal(
            request_parse(text_from_bytes(lines, (size_t)len), &request, NULL), ERR_NONE);
        assert_int_equal(request.stage, stages[i].expected);
        assert_int_equal(request.recipient_count, 17);
    }
}

static const struct {
    const char *name;
    struct text lines;
    enum err err;
    const char *said;
} bad[] = {
    {"empty",                     TEXT_NONE,                                                         ERR_SYNTAX,      "no attribute \"request\""},
    {"no kind",                   {"sender=a@b\n", 11},                                              ERR_SYNTAX,      "no attribute \"request\""},
    {"another kind",              {"request=make_coffee\n", 20},                                     ERR_UNSUPPORTED, "make_coffee"             },
    {"no equals sign",            {KIND "nonsense\n", sizeof KIND + 8},                              ERR_SYNTAX,      "nonsense"                },
    {"no name",                   {KIND "=x\n", sizeof KIND + 2},                                    ERR_SYNTAX,      "without a name"          },
    {"NUL",                       {KIND "sender=a\0b\n", sizeof KIND + 10},                          ERR_SYNTAX,      "NUL"                     },
    {"kind twice",                {KIND KIND, 2 * sizeof KIND - 2},                                  ERR_SYNTAX,      "twice: request"          },
    {"instance twice",            {KIND "instance=1\ninstance=1\n", sizeof KIND + 21},               ERR_SYNTAX,
     "twice: instance"                                                                                                                          },
    {"count twice",               {KIND "recipient_count=1\nrecipient_count=1\n", sizeof KIND + 35}, ERR_SYNTAX,
     "twice: recipient_count"                                                                                                                   },
    {"count is no number",        {KIND "recipient_count=x\n", sizeof KIND + 17},                    ERR_SYNTAX,
     "recipient_count"                                                                                                                          },
    {"count is negative",         {KIND "recipient_count=-1\n", sizeof KIND + 18},                   ERR_SYNTAX,      "-1"                      },
    {"count beyond all messages", {KIND "recipient_count=1000001\n", sizeof KIND + 23},              ERR_SYNTAX,
     "1000001"                                                                                                                                  },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct request request = {.recipient_count = 4711};
        struct failure failure = {.text = ""};

        unit_row(bad[i].name);
        assert_int_equal(request_parse(bad[i].lines, &request, &failure), bad[i].err);
        assert_non_null(strstr(failure.text, bad[i].said));
        assert_int_equal(request.recipient_count, 4711);
    }
}

static const struct {
    const char *name, *attribute;
    size_t value_len;
    enum err err;
} sizes[] = {
    {"user of the longest",     "sasl_username", REQUEST_USER_MAX,         ERR_NONE },
    {"user too long",           "sasl_username", REQUEST_USER_MAX + 1,     ERR_LIMIT},
    {"instance of the longest", "instance",      REQUEST_INSTANCE_MAX,     ERR_NONE },
    {"instance too long",       "instance",      REQUEST_INSTANCE_MAX + 1, ERR_LIMIT},
    {"unknown of nearly all",   "ccert_subject",
     REQUEST_BYTES_MAX - sizeof KIND - sizeof "ccert_subject",             ERR_NONE },
    {"one byte too many",       "ccert_subject",
     REQUEST_BYTES_MAX - sizeof KIND - sizeof "ccert_subject" + 1,         ERR_LIMIT},
};

/* Any byte but NUL and the line's end may stand in a value. */
static void test_sizes(void **state)
{
    static char lines[2 * REQUEST_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t len = (size_t)snprintf(lines, sizeof lines, KIND "%s=", sizes[i].attribute);
        struct request request;

        unit_row(sizes[i].name);
        memset(lines + len, '\xff', sizes[i].value_len);
        len += sizes[i].value_len;
        lines[len++] = '\n';
        assert_int_equal(request_parse(text_from_bytes(lines, len), &request, NULL), sizes[i].err);
    }
}

/* Wherever the bytes are cut, the end is found at the same place, and once. */
static void test_find_end(void **state)
{
    const struct text two = TEXT("a=1\nb=2\n\n\nc=3\n\n");
    size_t scanned = 0, len = 0;

    (void)state;
    for (size_t cut = 0; cut < 9; cut++)
        assert_false(request_find_end(text_head(two, cut), &scanned, &len));
    assert_true(request_find_end(text_head(two, 9), &scanned, &len));
    assert_int_equal(len, 8);
    scanned = 0;
    assert_true(request_find_end(text_skip(two, 9), &scanned, &len));
    assert_int_equal(len, 0);
    assert_true(request_find_end(text_skip(two, 10), &scanned, &len));
    assert_int_equal(len, 4);
    scanned = 0;
    assert_false(request_find_end(TEXT_NONE, &scanned, &len));
}

UNIT_MAIN(cmocka_unit_test(test_whole), cmocka_unit_test(test_stages), cmocka_unit_test(test_bad),
    cmocka_unit_test(test_sizes), cmocka_unit_test(test_find_end))
