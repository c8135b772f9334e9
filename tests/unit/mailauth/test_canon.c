/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "lib/mailauth/canon.h"
#include "tests/unit/unit.h"

static void collect(void *context, struct text bytes)
{
    buffer_append_text(context, bytes);
}

static const struct {
    const char *name, *field, *simple, *relaxed;
} header_rows[] = {
    {"plain",                   "Subject: one",       "Subject: one",       "subject:one"},
    {"no blank",                "Subject:one",        "Subject:one",        "subject:one"},
    {"blanks around the colon", "SUBJECT \t: \t one", "SUBJECT \t: \t one", "subject:one"},
    {"blanks at the end",       "Subject: one \t ",   "Subject: one \t ",   "subject:one"},
    {"runs of blanks",          "A: b \t c  d",       "A: b \t c  d",       "a:b c d"    },
    {"folded",                  "A: b\r\n\tc\r\n  d", "A: b\r\n\tc\r\n  d", "a:b c d"    },
    {"folded at once",          "A:\r\n b",           "A:\r\n b",           "a:b"        },
    {"folded at the end",       "A: b\r\n ",          "A: b\r\n ",          "a:b"        },
    {"empty",                   "A:",                 "A:",                 "a:"         },
    {"blank alone",             "A: ",                "A: ",                "a:"         },
    {"colon in the value",      "A: b : c",           "A: b : c",           "a:b : c"    },
    {"lone CR and LF",          "A: b\rc\nd",         "A: b\rc\nd",         "a:b\rc\nd"  },
    {"UTF-8",                   "A: \u00dc",          "A: \u00dc",          "a:\u00dc"   },
};

static void test_header_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof header_rows / sizeof *header_rows; i++) {
        struct text raw = text_from_string(header_rows[i].field);
        size_t colon = text_find(raw, ':');
        const struct header_field field = {
            text_trim(text_head(raw, colon)), text_skip(raw, colon + 1), raw};
        struct buffer simple = BUFFER_NONE, relaxed = BUFFER_NONE;

        unit_row(header_rows[i].name);
        canon_header_field(&field, CANON_SIMPLE, collect, &simple);
        canon_header_field(&field, CANON_RELAXED, collect, &relaxed);
        assert_string_equal(buffer_string(&simple), header_rows[i].simple);
        assert_string_equal(buffer_string(&relaxed), header_rows[i].relaxed);
        buffer_done(&simple);
        buffer_done(&relaxed);
    }
}

static const struct {
    const char *name, *body, *simple, *relaxed;
} body_rows[] = {
    {"empty",                      "",                   "\r\n",               ""                  },
    {"one CRLF",                   "\r\n",               "\r\n",               ""                  },
    {"many CRLFs",                 "\r\n\r\n\r\n",       "\r\n",               ""                  },
    {"one line",                   "a\r\n",              "a\r\n",              "a\r\n"             },
    {"no final line end",          "a",                  "a\r\n",              "a\r\n"             },
    {"empty lines at the end",     "a\r\n\r\n\r\n",      "a\r\n",              "a\r\n"             },
    {"empty lines at the start",   "\r\n\r\na\r\n",      "\r\n\r\na\r\n",      "\r\n\r\na\r\n"     },
    {"empty lines inside",         "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
    {"blanks at a line's end",     "a \t\r\nb\t\r\n",    "a \t\r\nb\t\r\n",    "a\r\nb\r\n"        },
    {"blanks at a line's start",   " \ta\r\n",           " \ta\r\n",           " a\r\n"            },
    {"runs of blanks",             "a \t b  c\r\n",      "a \t b  c\r\n",      "a b c\r\n"         },
    {"blank lines at the end",     "a\r\n \t\r\n \r\n",  "a\r\n \t\r\n \r\n",  "a\r\n"             },
    {"blank lines alone",          " \r\n\t\r\n",        " \r\n\t\r\n",        ""                  },
    {"a blank alone",              " ",                  " \r\n",              ""                  },
    {"a blank at the very end",    "a\r\nb ",            "a\r\nb \r\n",        "a\r\nb\r\n"        },
    {"a blank line inside",        "a\r\n \r\nb\r\n",    "a\r\n \r\nb\r\n",    "a\r\n\r\nb\r\n"    },
    {"lone LF",                    "a\nb\r\n",           "a\nb\r\n",           "a\nb\r\n"          },
    {"lone LF at the end",         "a\n",                "a\n\r\n",            "a\n\r\n"           },
    {"lone CR",                    "a\rb\r\n",           "a\rb\r\n",           "a\rb\r\n"          },
    {"lone CR at the end",         "a\r",                "a\r\r\n",            "a\r\r\n"           },
    {"CR CR LF",                   "a\r\r\nb\r\n",       "a\r\r\nb\r\n",       "a\r\r\nb\r\n"      },
    {"lone CR behind a blank",     "a \rb\r\n",          "a \rb\r\n",          "a \rb\r\n"         },
    {"blank behind a lone CR",     "a\r \r\nb\r\n",      "a\r \r\nb\r\n",      "a\r\r\nb\r\n"      },
    {"lone CR behind empty lines", "a\r\n\r\n\r",        "a\r\n\r\n\r\r\n",    "a\r\n\r\n\r\r\n"   },
    {"UTF-8",                      "\u00fc  \u00fc\r\n", "\u00fc  \u00fc\r\n", "\u00fc \u00fc\r\n" },
};

/* The canonical form of a body that comes in pieces of that many bytes. */
static void assert_body(const char *text, enum canon canon, size_t piece, const char *expected)
{
    struct buffer seen = BUFFER_NONE;
    struct text rest = text_from_string(text);
    struct canon_body body;

    canon_body_init(&body, canon, collect, &seen);
    for (; rest.len != 0; rest = text_skip(rest, piece))
        canon_body_add(&body, text_head(rest, piece));
    canon_body_end(&body);
    assert_string_equal(buffer_string(&seen), expected);
    assert_int_equal(body.bytes, strlen(expected));
    buffer_done(&seen);
}

static void test_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof body_rows / sizeof *body_rows; i++) {
        unit_row(body_rows[i].name);
        for (size_t piece = 1; piece <= strlen(body_rows[i].body) + 1; piece++) {
            assert_body(body_rows[i].body, CANON_SIMPLE, piece, body_rows[i].simple);
            assert_body(body_rows[i].body, CANON_RELAXED, piece, body_rows[i].relaxed);
        }
    }
}

static void test_nul_in_body(void **state)
{
    struct buffer seen = BUFFER_NONE;
    struct canon_body body;

    (void)state;
    canon_body_init(&body, CANON_RELAXED, collect, &seen);
    canon_body_add(&body, TEXT("a\0 \0\r\n"));
    canon_body_end(&body);
    assert_int_equal(seen.len, 6);
    assert_memory_equal(seen.data, "a\0 \0\r\n", 6);
    buffer_done(&seen);
}

/* Lines around the size of the stage, in pieces that straddle it. */
static void test_long_lines(void **state)
{
    static char line[3 * CANON_STAGE_BYTES];
    struct buffer expected = BUFFER_NONE;

    (void)state;
    memset(line, 'x', sizeof line - 1);
    for (size_t len = CANON_STAGE_BYTES - 3; len < CANON_STAGE_BYTES + 3; len++) {
        buffer_clear(&expected);
        buffer_append(&expected, line, len);
        buffer_append_string(&expected, " y\r\n\r\n");
        buffer_append(&expected, line, sizeof line - 1);
        buffer_append_string(&expected, "\r\n");
        assert_body(buffer_string(&expected), CANON_RELAXED, 100, buffer_string(&expected));
        assert_body(buffer_string(&expected), CANON_SIMPLE, 100000, buffer_string(&expected));
        assert_body(buffer_string(&expected), CANON_RELAXED, 100000, buffer_string(&expected));
    }
    buffer_done(&expected);
}

UNIT_MAIN(cmocka_unit_test(test_header_fields), cmocka_unit_test(test_bodies),
    cmocka_unit_test(test_nul_in_body), cmocka_unit_test(test_long_lines))
