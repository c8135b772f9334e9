/* SPDX-License-Identifier: MIT */
#include "authd/socketmap-request.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name;
    struct text input;
    enum socketmap_parse parse;
    const char *table, *key, *problem;
    size_t taken;
} rows[] = {
    {"whole",             TEXT("13:aliases a@b.c,"), SOCKETMAP_WHOLE, "aliases", "a@b.c", NULL,                              17},
    {"two",               TEXT("3:t k,3:u l,"),      SOCKETMAP_WHOLE, "t",       "k",     NULL,                              6 },
    {"blanks in the key", TEXT("5:t a b,"),          SOCKETMAP_WHOLE, "t",       "a b",   NULL,                              8 },
    {"empty key",         TEXT("2:t ,"),             SOCKETMAP_WHOLE, "t",       "",      NULL,                              5 },
    {"comma in the key",  TEXT("5:t a,b,"),          SOCKETMAP_WHOLE, "t",       "a,b",   NULL,                              8 },
    {"nothing yet",       TEXT(""),                  SOCKETMAP_PART,  NULL,      NULL,    NULL,                              0 },
    {"half a length",     TEXT("13"),                SOCKETMAP_PART,  NULL,      NULL,    NULL,                              0 },
    {"half a content",    TEXT("13:alia"),           SOCKETMAP_PART,  NULL,      NULL,    NULL,                              0 },
    {"no comma yet",      TEXT("13:aliases a@b.c"),  SOCKETMAP_PART,  NULL,      NULL,    NULL,                              0 },
    {"the longest",       TEXT("4096:"),             SOCKETMAP_PART,  NULL,      NULL,    NULL,                              0 },
    {"no length",         TEXT("aliases a@b.c,"),    SOCKETMAP_BAD,   NULL,      NULL,
     "it does not begin with a length",                                                                                      0 },
    {"colon alone",       TEXT(":,"),                SOCKETMAP_BAD,   NULL,      NULL,    "it does not begin with a length", 0 },
    {"leading zero",      TEXT("03:t k,"),           SOCKETMAP_BAD,   NULL,      NULL,    "it does not begin with a length",
     0                                                                                                                         },
    {"negative",          TEXT("-1:,"),              SOCKETMAP_BAD,   NULL,      NULL,    "it does not begin with a length", 0 },
    {"one byte too long", TEXT("4097:"),             SOCKETMAP_BAD,   NULL,      NULL,    "it is too long",                  0 },
    {"length endless",    TEXT("999999"),            SOCKETMAP_BAD,   NULL,      NULL,    "the length has too many digits",
     0                                                                                                                         },
    {"no comma",          TEXT("3:t k;"),            SOCKETMAP_BAD,   NULL,      NULL,    "it does not end in a comma",      0 },
    {"no blank",          TEXT("3:abc,"),            SOCKETMAP_BAD,   NULL,      NULL,
     "it is not a table's name, a blank and a key",                                                                          0 },
    {"no table",          TEXT("2: k,"),             SOCKETMAP_BAD,   NULL,      NULL,
     "it is not a table's name, a blank and a key",                                                                          0 },
    {"empty content",     TEXT("0:,"),               SOCKETMAP_BAD,   NULL,      NULL,
     "it is not a table's name, a blank and a key",                                                                          0 },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct socketmap_request request;
        const char *problem = NULL;
        size_t taken = 0;

        unit_row(rows[i].name);
        assert_int_equal(
            socketmap_request_parse(rows[i].input, &request, &taken, &problem), rows[i].parse);
        assert_int_equal(taken, rows[i].taken);
        if (rows[i].parse == SOCKETMAP_WHOLE) {
            assert_text_equal(request.table, rows[i].table);
            assert_text_equal(request.key, rows[i].key);
        }
        if (rows[i].parse == SOCKETMAP_BAD)
            assert_string_equal(problem, rows[i].problem);
    }
}

static void test_reply(void **state)
{
    struct buffer out = BUFFER_NONE;

    (void)state;
    socketmap_reply_append(&out, "OK", TEXT("a@b.c"));
    socketmap_reply_append(&out, "NOTFOUND", TEXT_NONE);
    assert_string_equal(buffer_string(&out), "8:OK a@b.c,9:NOTFOUND ,");
    buffer_done(&out);
}

UNIT_MAIN(cmocka_unit_test(test_parse), cmocka_unit_test(test_reply))
