/* SPDX-License-Identifier: MIT */
#include "lib/base/log.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name, *input, *output;
} safe[] = {
    {"plain",           "from=<a@b>",                                  "from=<a@b>"},
    {"line break",      "a\nb",                                        "a\\x0ab"   },
    {"escape sequence", "\x1b[2J",                                     "\\x1b[2J"  },
    {"delete",          "\x7f",                                        "\\x7f"     },
    {"UTF-8",           "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x93\xa7",
     "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x93\xa7"                                 },
    {"Latin-1",         "J\xfcrgen",                                   "J\\xfcrgen"},
    {"cut sequence",    "\xe2\x82",                                    "\\xe2\\x82"},
    {"C1 control",      "\xc2\x9b",                                    "\\xc2\\x9b"},
    {"overlong",        "\xc0\xaf",                                    "\\xc0\\xaf"},
};

static void test_safe(void **state)
{
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++) {
        unit_row(safe[i].name);
        assert_string_equal(
            log_safe(safe[i].input, strlen(safe[i].input), out, sizeof out), safe[i].output);
    }
    assert_string_equal(log_safe("123456", 6, out, 4), "123");
    assert_string_equal(log_safe("12\n", 3, out, 5), "12");
}

static const struct {
    const char *name, *input, *output;
} words[] = {
    {"plain",          "alice@example.org", "alice@example.org"},
    {"empty",          "",                  ""                 },
    {"forged field",   "alice result=ok",   "alice?result=ok"  },
    {"forged address", "a> to=<b",          "a??to=?b"         },
    {"horizontal tab", "a\tb",              "a\\x09b"          },
    {"line break",     "a\r\nb",            "a\\x0d\\x0ab"     },
    {"UTF-8",          "J\xc3\xbcrgen",     "J\xc3\xbcrgen"    },
};

static void test_word(void **state)
{
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        unit_row(words[i].name);
        assert_string_equal(
            log_word(words[i].input, strlen(words[i].input), out, sizeof out), words[i].output);
    }
    assert_string_equal(log_word("1 3456", 6, out, 4), "1?3");
}

/* Runs one log_write with stderr in a pipe, and reads what it wrote. */
static void written(enum log_level level, const struct log_context *context, const char *text,
    char *out_r, size_t size)
{
    int ends[2], saved = dup(STDERR_FILENO);
    ssize_t got;

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_write(level, context, "%s", text);
    dup2(saved, STDERR_FILENO);
    close(ends[1]);
    close(saved);
    got = read(ends[0], out_r, size - 1);
    close(ends[0]);
    out_r[got > 0 ? got : 0] = '\0';
}

static void test_lines(void **state)
{
    struct log_context context = {.queue_id = ""};
    static char long_text[2 * LOG_LINE_MAX];
    char out[2 * LOG_LINE_MAX];

    (void)state;
    log_open("program", LOG_TO_STDERR);
    log_set_level(LOG_LEVEL_INFO);
    written(LOG_LEVEL_INFO, NULL, "hello", out, sizeof out);
    assert_string_equal(out, "program: hello\n");
    written(LOG_LEVEL_ERROR, &context, "forged\nline", out, sizeof out);
    assert_string_equal(out, "program: error: NOQUEUE: forged\\x0aline\n");
    snprintf(context.queue_id, sizeof context.queue_id, "4bXyz");
    written(LOG_LEVEL_WARNING, &context, "x", out, sizeof out);
    assert_string_equal(out, "program: warning: 4bXyz: x\n");
    written(LOG_LEVEL_DEBUG, NULL, "quiet", out, sizeof out);
    assert_string_equal(out, "");
    memset(long_text, 'a', sizeof long_text - 1);
    written(LOG_LEVEL_INFO, NULL, long_text, out, sizeof out);
    assert_true(strlen(out) < LOG_LINE_MAX + 32);
    assert_int_equal(out[strlen(out) - 1], '\n');
}

static void test_clock(void **state)
{
    char text[CLOCK_TEXT_MAX];

    (void)state;
    setenv("TZ", "UTC-1", 1);
    clock_test_set(1793923200, 5);
    assert_int_equal(clock_wall(), 1793923200);
    assert_int_equal(clock_monotonic_ms(), 5);
    clock_format_local(clock_wall(), text);
    assert_string_equal(text, "2026-11-06 01:00:00 +0100");
    clock_format_utc(clock_wall(), text);
    assert_string_equal(text, "2026-11-06T00:00:00Z");
    clock_format_utc(INT64_MAX, text);
    assert_string_equal(text, "(no such time)");
    clock_test_release();
    assert_true(clock_wall() > 1793923200 - 86400 * 365);
    assert_true(clock_monotonic_ms() > 5);
}

static void test_failure(void **state)
{
    struct failure failure;

    (void)state;
    assert_int_equal(failure_set(&failure, ERR_RANGE, "%d is too much", 7), ERR_RANGE);
    assert_string_equal(failure.text, "7 is too much");
    errno = ENOENT;
    assert_int_equal(failure_set_errno(&failure, ERR_IO, "/x"), ERR_IO);
    assert_string_equal(failure.text, "/x: No such file or directory");
    assert_int_equal(errno, ENOENT);
    assert_int_equal(failure_set(NULL, ERR_BUSY, "x"), ERR_BUSY);
    assert_true(err_is_temporary(ERR_BUSY));
    assert_false(err_is_temporary(ERR_ABSENT));
    for (int err = 0; err < ERR_COUNT; err++)
        assert_true(strlen(err_text((enum err)err)) > 0);
}

UNIT_MAIN(cmocka_unit_test(test_safe), cmocka_unit_test(test_word), cmocka_unit_test(test_lines),
    cmocka_unit_test(test_clock), cmocka_unit_test(test_failure))
