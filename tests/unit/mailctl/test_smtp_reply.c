/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/smtp-reply.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static const struct {
    const char *row, *bytes;
    enum err err;
    bool is_whole;
    unsigned code;
    size_t len;
} rows[] = {
    {"one line",             "250 ok\r\n",                  ERR_NONE,   true,  250, 8 },
    {"no words",             "250 \r\n",                    ERR_NONE,   true,  250, 6 },
    {"a code alone",         "250\r\n",                     ERR_NONE,   true,  250, 5 },
    {"no CR",                "250 ok\n",                    ERR_NONE,   true,  250, 7 },
    {"several lines",        "250-a\r\n250-b\r\n250 c\r\n", ERR_NONE,   true,  250, 21},
    {"codes that differ",    "250-a\r\n550 no\r\n",         ERR_NONE,   true,  550, 15},
    {"more behind it",       "220 go\r\n250 injected\r\n",  ERR_NONE,   true,  220, 8 },
    {"the least code",       "200 x\r\n",                   ERR_NONE,   true,  200, 7 },
    {"the greatest code",    "599 x\r\n",                   ERR_NONE,   true,  599, 7 },
    {"nothing yet",          "",                            ERR_NONE,   false, 0,   0 },
    {"half a line",          "250 o",                       ERR_NONE,   false, 0,   0 },
    {"a line of several",    "250-a\r\n",                   ERR_NONE,   false, 250, 7 },
    {"a line and a half",    "250-a\r\n250 b",              ERR_NONE,   false, 250, 7 },
    {"an empty line",        "\r\n",                        ERR_SYNTAX, false, 0,   0 },
    {"two digits",           "25\r\n",                      ERR_SYNTAX, false, 0,   0 },
    {"a code that is small", "199 x\r\n",                   ERR_SYNTAX, false, 0,   0 },
    {"a code that is large", "600 x\r\n",                   ERR_SYNTAX, false, 0,   0 },
    {"four digits",          "2500 x\r\n",                  ERR_SYNTAX, false, 0,   0 },
    {"a sign",               "+25 x\r\n",                   ERR_SYNTAX, false, 0,   0 },
    {"words",                "* OK IMAP4rev1\r\n",          ERR_SYNTAX, false, 0,   0 },
    {"words in between",     "250-a\r\nb\r\n250 c\r\n",     ERR_SYNTAX, false, 250, 7 },
};

static void assert_row(size_t row, const struct smtp_reply *reply, enum err err)
{
    assert_int_equal(err, rows[row].err);
    assert_int_equal(reply->is_whole, rows[row].is_whole);
    assert_int_equal(reply->code, rows[row].code);
    assert_int_equal(reply->len, rows[row].len);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smtp_reply whole = {.len = 0}, pieces = {.len = 0};
        struct text bytes = text_from_string(rows[i].bytes);
        struct failure failure = {.text = ""};
        enum err err = ERR_NONE;

        unit_row(rows[i].row);
        assert_row(i, &whole, smtp_reply_read(&whole, bytes, &failure));
        assert_int_equal(failure.text[0] != '\0', rows[i].err != ERR_NONE);
        /* Octet by octet it is the same. */
        for (size_t len = 0; err == ERR_NONE && len <= bytes.len; len++)
            err = smtp_reply_read(&pieces, text_head(bytes, len), NULL);
        assert_row(i, &pieces, err);
    }
}

static enum err read_line_of(size_t len, bool has_end)
{
    struct smtp_reply reply = {.len = 0};
    char bytes[SMTP_REPLY_LINE_MAX + 8];

    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "250 ", 4);
    bytes[len] = '\n';
    return smtp_reply_read(&reply, text_from_bytes(bytes, len + has_end), NULL);
}

static void test_line_bound(void **state)
{
    (void)state;
    assert_int_equal(read_line_of(SMTP_REPLY_LINE_MAX, true), ERR_NONE);
    assert_int_equal(read_line_of(SMTP_REPLY_LINE_MAX, false), ERR_NONE);
    assert_int_equal(read_line_of(SMTP_REPLY_LINE_MAX + 1, true), ERR_LIMIT);
    assert_int_equal(read_line_of(SMTP_REPLY_LINE_MAX + 1, false), ERR_LIMIT);
}

static enum err read_lines(size_t count)
{
    struct arena *arena = arena_new();
    struct smtp_reply reply = {.len = 0};
    struct text bytes = TEXT("");
    enum err err;

    for (size_t i = 1; i < count; i++)
        bytes = arena_print(arena, "%.*s250-x\n", TEXT_ARGS(bytes));
    bytes = arena_print(arena, "%.*s250 x\n", TEXT_ARGS(bytes));
    err = smtp_reply_read(&reply, bytes, NULL);
    assert_int_equal(reply.is_whole, err == ERR_NONE);
    arena_free(&arena);
    return err;
}

static void test_lines_bound(void **state)
{
    (void)state;
    assert_int_equal(read_lines(SMTP_REPLY_LINES_MAX), ERR_NONE);
    assert_int_equal(read_lines(SMTP_REPLY_LINES_MAX + 1), ERR_LIMIT);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_line_bound),
    cmocka_unit_test(test_lines_bound))
