/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/message.h"

#include <openssl/sha.h>

#include "lib/base/buffer.h"
#include "lib/mailauth/body-hash.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

static void add(struct message *message, const char *raw, enum err expected)
{
    struct text text = text_from_string(raw);
    size_t colon = text_find(text, ':');
    const struct header_field field = {
        text_trim(text_head(text, colon)), text_skip(text, colon + 1), text};

    assert_int_equal(message_add_field(message, &field), expected);
}

static void test_fields(void **state)
{
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, NULL);
    size_t index;

    (void)state;
    add(message, "Received: 1", ERR_NONE);
    add(message, "From : a", ERR_NONE);
    add(message, "RECEIVED: 2", ERR_NONE);
    add(message, "received: 3", ERR_NONE);
    assert_int_equal(message_field_count(message), 4);
    assert_int_equal(message_count_fields(message, TEXT("Received")), 3);
    assert_int_equal(message_count_fields(message, TEXT("to")), 0);
    assert_text_equal(message_field(message, 1)->name, "From");
    assert_text_equal(message_field(message, 1)->raw, "From : a");
    index = message_last_field(message, TEXT("rEceived"));
    assert_text_equal(message_field(message, index)->value, " 3");
    index = message_field_above(message, index);
    assert_text_equal(message_field(message, index)->value, " 2");
    index = message_field_above(message, index);
    assert_text_equal(message_field(message, index)->value, " 1");
    assert_true(message_field_above(message, index) == MESSAGE_NO_FIELD);
    assert_true(message_last_field(message, TEXT("To")) == MESSAGE_NO_FIELD);
    assert_false(message_is_truncated(message));
    message_done(&message);
    message_done(&message);
    arena_free(&arena);
}

static void test_many_fields(void **state)
{
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, NULL);
    char raw[32];

    (void)state;
    for (size_t i = 0; i < MESSAGE_FIELDS_DEFAULT; i++) {
        snprintf(raw, sizeof raw, "X-%zu: %zu", i, i);
        add(message, raw, ERR_NONE);
    }
    assert_int_equal(message_last_field(message, TEXT("x-777")), 777);
    assert_text_equal(message_field(message, 7)->raw, "X-7: 7");
    add(message, "X-Last: 1", ERR_LIMIT);
    assert_true(message_is_truncated(message));
    assert_int_equal(message_field_count(message), MESSAGE_FIELDS_DEFAULT);
    message_done(&message);
    arena_free(&arena);
}

static void test_header_limit(void **state)
{
    const struct message_limits limits = {21, 10};
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, &limits);

    (void)state;
    add(message, "From: a@b", ERR_NONE);
    assert_false(message_is_truncated(message));
    add(message, "X: 1234567890", ERR_LIMIT);
    assert_true(message_is_truncated(message));
    add(message, "X: 123456789", ERR_NONE);
    add(message, "Y:", ERR_LIMIT);
    message_done(&message);
    arena_free(&arena);
}

static void test_long_name(void **state)
{
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, NULL);
    static char raw[1002];

    (void)state;
    memset(raw, 'x', 999);
    memcpy(raw + 999, ":", 2);
    add(message, raw + 1, ERR_NONE);
    assert_int_equal(message_count_fields(message, text_from_bytes(raw, 998)), 1);
    assert_int_equal(message_count_fields(message, text_from_bytes(raw, 999)), 0);
    add(message, raw, ERR_LIMIT);
    message_done(&message);
    arena_free(&arena);
}

/* --- body hashes --- */

static void assert_hash(struct message *message, enum canon canon, uint64_t limit,
    const char *hashed, uint64_t canonical_bytes)
{
    const struct message_body_hash *hash = message_body_hash(message, canon, limit);
    unsigned char digest[SHA256_DIGEST_LENGTH];

    assert_non_null(hash);
    SHA256((const unsigned char *)hashed, strlen(hashed), digest);
    assert_memory_equal(hash->digest, digest, sizeof digest);
    assert_int_equal(hash->canonical_bytes, canonical_bytes);
}

static void test_body_hashes(void **state)
{
    static const struct {
        enum canon canon;
        uint64_t limit;
        const char *hashed;
        uint64_t canonical_bytes;
    } rows[] = {
        {CANON_SIMPLE,  MESSAGE_BODY_ALL, "a  b\r\nc\r\n", 9},
        {CANON_RELAXED, MESSAGE_BODY_ALL, "a b\r\nc\r\n",  8},
        {CANON_RELAXED, 0,                "",              8},
        {CANON_RELAXED, 4,                "a b\r",         8},
        {CANON_RELAXED, 8,                "a b\r\nc\r\n",  8},
        {CANON_RELAXED, 9,                "a b\r\nc\r\n",  8},
        {CANON_SIMPLE,  3,                "a  ",           9},
    };

    (void)state;
    for (size_t piece = 1; piece < 14; piece++) {
        struct arena *arena = arena_new();
        struct message *message = message_new(arena, NULL);
        struct text rest = TEXT("a  b\r\nc\r\n\r\n\r\n");

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            for (int again = 0; again < 2; again++)
                assert_int_equal(
                    message_want_body_hash(message, rows[i].canon, rows[i].limit), ERR_NONE);
        for (; rest.len != 0; rest = text_skip(rest, piece))
            message_add_body(message, text_head(rest, piece));
        assert_null(message_body_hash(message, CANON_SIMPLE, MESSAGE_BODY_ALL));
        assert_false(message_is_complete(message));
        message_end_body(message);
        assert_true(message_is_complete(message));
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            assert_hash(
                message, rows[i].canon, rows[i].limit, rows[i].hashed, rows[i].canonical_bytes);
        assert_null(message_body_hash(message, CANON_SIMPLE, 4));
        message_done(&message);
        arena_free(&arena);
    }
}

static void test_no_body_hashes(void **state)
{
    struct body_hashes *none = NULL;

    (void)state;
    body_hashes_done(&none);
}

static void test_body_hash_limit(void **state)
{
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, NULL);

    (void)state;
    for (uint64_t i = 0; i < MESSAGE_HASHES_MAX; i++)
        assert_int_equal(message_want_body_hash(message, CANON_SIMPLE, i), ERR_NONE);
    assert_int_equal(message_want_body_hash(message, CANON_SIMPLE, 0), ERR_NONE);
    assert_int_equal(message_want_body_hash(message, CANON_RELAXED, 0), ERR_LIMIT);
    message_end_body(message);
    message_done(&message);
    arena_free(&arena);
}

/* --- files --- */

static const struct {
    const char *name, *content, *fields, *body; /* fields: raw ones, "|" behind each */
} split_rows[] = {
    {"plain",                               "A: 1\r\nB: 2\r\n\r\nbody\r\n",        "A: 1|B: 2|",              "body\r\n"    },
    {"LF",                                  "A: 1\nB: 2\n\nbo\ndy\n",              "A: 1|B: 2|",              "bo\r\ndy\r\n"},
    {"mixed",                               "A: 1\r\nB: 2\n\r\nbo\ndy",            "A: 1|B: 2|",              "bo\r\ndy"    },
    {"folded",                              "A: 1\n 2\n\t3\nB: 2\n\n",             "A: 1\r\n 2\r\n\t3|B: 2|", ""            },
    {"no body",                             "A: 1\n",                              "A: 1|",                   ""            },
    {"no line end",                         "A: 1",                                "A: 1|",                   ""            },
    {"empty line at the start of the body", "A: 1\n\n\nx",                         "A: 1|",                   "\r\nx"       },
    {"no empty line",                       "A: 1\nno field\n",                    "A: 1|",                   "no field\r\n"},
    {"blank in a name",                     "A: 1\na b: c\n",                      "A: 1|",                   "a b: c\r\n"  },
    {"blank behind a name",                 "A : 1\n\nx",                          "A : 1|",                  "x"           },
    {"empty value",                         "A:\nB: \n\n",                         "A:|B: |",                 ""            },
    {"mbox",                                "From a@b Sat Nov 21 2026\nA: 1\n\nx", "A: 1|",                   "x"           },
    {"From with a blank is a field",        "From : a@b\n\nx",                     "From : a@b|",             "x"           },
    {"From is a field",                     "From: a@b\n\nx",                      "From: a@b|",              "x"           },
    {"word alone",                          "A: 1\nword\n",                        "A: 1|",                   "word\r\n"    },
    {"CR at the end",                       "A: 1\r",                              "A: 1\r|",                 ""            },
    {"CR before the last byte",             "A: 1\rx",                             "A: 1\rx|",                ""            },
    {"CR inside",                           "A: 1\r2\n\n\rx\r",                    "A: 1\r2|",                "\rx\r"       },
};

static void test_split_file(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof split_rows / sizeof *split_rows; i++) {
        const struct header_field *fields;
        struct buffer seen = BUFFER_NONE;
        struct text body;
        size_t count;

        unit_row(split_rows[i].name);
        assert_int_equal(
            message_split_file(exact_row(split_rows[i].content), arena, &fields, &count, &body),
            ERR_NONE);
        for (size_t j = 0; j < count; j++) {
            buffer_append_text(&seen, fields[j].raw);
            buffer_append_byte(&seen, '|');
        }
        assert_string_equal(buffer_string(&seen), split_rows[i].fields);
        assert_text_equal(body, split_rows[i].body);
        buffer_done(&seen);
    }
    arena_free(&arena);
}

static void test_split_nothing(void **state)
{
    static const struct {
        const char *name, *content;
    } rows[] = {
        {"empty",           ""         },
        {"line end",        "\n"       },
        {"no field",        "no field" },
        {"folded first",    " A: 1\n\n"},
        {"no name",         ": x\n"    },
        {"mbox line alone", "From x\n" },
    };
    struct arena *arena = arena_new();
    const struct header_field *fields;
    struct text body;
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(
            message_split_file(exact_row(rows[i].content), arena, &fields, &count, &body),
            ERR_SYNTAX);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_fields), cmocka_unit_test(test_many_fields),
    cmocka_unit_test(test_header_limit), cmocka_unit_test(test_long_name),
    cmocka_unit_test(test_body_hashes), cmocka_unit_test(test_body_hash_limit),
    cmocka_unit_test(test_no_body_hashes), cmocka_unit_test(test_split_file),
    cmocka_unit_test(test_split_nothing))
