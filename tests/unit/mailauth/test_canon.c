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

/* What comes out of a body in pieces of that size. */
static void canonical(struct text rest, enum canon canon, size_t piece, struct buffer *seen)
{
    struct canon_body body;

    buffer_clear(seen);
    canon_body_init(&body, canon, collect, seen);
    for (; rest.len != 0; rest = text_skip(rest, piece))
        canon_body_add(&body, text_head(rest, piece));
    canon_body_end(&body);
    assert_int_equal(body.bytes, seen->len);
}

/* Byte by byte nothing is looked at together: that is how it must be with long pieces, too. */
static void assert_pieces(struct text body)
{
    static const size_t pieces[] = {31, 32, 33, 65, SIZE_MAX};
    struct buffer expected = BUFFER_NONE, seen = BUFFER_NONE;

    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        canonical(body, (enum canon)canon, 1, &expected);
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            canonical(body, (enum canon)canon, pieces[i], &seen);
            assert_string_equal(buffer_string(&seen), buffer_string(&expected));
            assert_int_equal(seen.len, expected.len);
        }
    }
    buffer_done(&expected);
    buffer_done(&seen);
}

/* Each of the rows at each place of a long text. */
static void test_bodies_in_long_text(void **state)
{
    static const char words[] =
        "Each row stands in a text that is longer than what is looked at.\r\n"
        "It goes on for a second line, and a word of a third.";
    struct buffer body = BUFFER_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof body_rows / sizeof *body_rows; i++) {
        unit_row(body_rows[i].name);
        for (size_t before = 0; before < 70; before++) {
            buffer_clear(&body);
            buffer_append(&body, words, before);
            buffer_append_string(&body, body_rows[i].body);
            assert_pieces(buffer_text(&body));
            buffer_append_string(&body, words);
            assert_pieces(buffer_text(&body));
        }
    }
    buffer_done(&body);
}

/* Made of the bytes that matter, some of them rare so that long runs come about. */
static void test_many_bodies(void **state)
{
    static const char *const kinds[] = {" \t\r\nab", "aaaaaaaaaaaaaaaaaaaa \r\n",
        "abcdefghijklmnopqrstuvwxyz  \t", "\r\n", "a\n \r"};
    uint32_t chance = 1;
    char body[300];

    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        const char *kind = kinds[round % (sizeof kinds / sizeof *kinds)];
        size_t len = round % sizeof body;

        for (size_t i = 0; i < len; i++) {
            chance = chance * 1664525 + 1013904223;
            body[i] = kind[(chance >> 16) % strlen(kind)];
            /* Mostly whole line ends. */
            if (i != 0 && body[i - 1] == '\r' && (chance & 0xf000000) != 0)
                body[i] = '\n';
        }
        assert_pieces(text_from_bytes(body, len));
    }
}

static void count(void *context, struct text bytes)
{
    (void)bytes;
    ++*(size_t *)context;
}

/* What is canonical already is not copied: it goes to the sink in few pieces. */
static void test_long_runs(void **state)
{
    static const struct {
        const char *name, *before;
        size_t pieces_max;
    } rows[] = {
        {"text",                         "",                                           3},
        {"text behind a tab",            "\t",                                         4},
        {"text behind a lone CR",        "a\r",                                        4},
        {"text behind blanks",           "a  b",                                       4},
        {"text behind a line of blanks", "\r\n  \r\n",                                 4},
        {"text behind a long word",      "\t0123456789012345678901234567890123456789", 4},
    };
    struct buffer text = BUFFER_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
            struct canon_body body;
            size_t pieces = 0;

            unit_row(rows[i].name);
            buffer_clear(&text);
            buffer_append_string(&text, rows[i].before);
            for (size_t line = 0; line < 1000; line++)
                buffer_append_string(&text, "A line of words, as they come in most letters.\r\n");
            canon_body_init(&body, (enum canon)canon, count, &pieces);
            canon_body_add(&body, buffer_text(&text));
            canon_body_end(&body);
            assert_in_range(pieces, 1, rows[i].pieces_max);
        }
    }
    buffer_done(&text);
}

/* Simple changes nothing inside a body, whatever it is made of. */
static void test_simple_runs(void **state)
{
    struct buffer text = BUFFER_NONE;
    struct canon_body body;
    size_t pieces = 0;

    (void)state;
    for (size_t line = 0; line < 1000; line++)
        buffer_append_string(&text, "columns\tapart  by \r blanks\r\n");
    canon_body_init(&body, CANON_SIMPLE, count, &pieces);
    canon_body_add(&body, buffer_text(&text));
    canon_body_end(&body);
    assert_in_range(pieces, 1, 3);
    buffer_done(&text);
}

UNIT_MAIN(cmocka_unit_test(test_header_fields), cmocka_unit_test(test_bodies),
    cmocka_unit_test(test_nul_in_body), cmocka_unit_test(test_long_lines),
    cmocka_unit_test(test_bodies_in_long_text), cmocka_unit_test(test_many_bodies),
    cmocka_unit_test(test_long_runs), cmocka_unit_test(test_simple_runs))
