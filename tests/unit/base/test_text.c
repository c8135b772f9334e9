/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

#include "tests/unit/unit.h"

static void test_compare(void **state)
{
    (void)state;
    assert_true(text_equals(TEXT("a\0b"), TEXT("a\0b")));
    assert_false(text_equals(TEXT("a\0b"), TEXT("a\0c")));
    assert_true(text_equals(TEXT_NONE, TEXT("")));
    assert_true(text_equals_nocase(TEXT("From"), TEXT("fROM")));
    assert_false(text_equals_nocase(TEXT("From"), TEXT("Fro")));
    assert_false(text_equals_nocase(TEXT("\xc3\x84"), TEXT("\xc3\xa4")));
    assert_true(text_starts_with(TEXT("abc"), TEXT("ab")));
    assert_false(text_starts_with(TEXT("a"), TEXT("ab")));
    assert_true(text_starts_with_nocase(TEXT("V=SPF1 "), TEXT("v=spf1")));
    assert_true(text_ends_with_nocase(TEXT("mail.EXAMPLE.org"), TEXT(".example.ORG")));
    assert_false(text_ends_with_nocase(TEXT("org"), TEXT("example.org")));
    assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0);
    assert_true(text_compare(TEXT("b"), TEXT("ab")) > 0);
    assert_int_equal(text_compare(TEXT_NONE, TEXT("")), 0);
}

static void test_parts(void **state)
{
    (void)state;
    assert_text_equal(text_skip(TEXT("abc"), 1), "bc");
    assert_text_equal(text_skip(TEXT("abc"), 9), "");
    assert_text_equal(text_skip(TEXT_NONE, 1), "");
    assert_text_equal(text_head(TEXT("abc"), 2), "ab");
    assert_text_equal(text_head(TEXT("abc"), 9), "abc");
    assert_text_equal(text_trim(TEXT(" \t a b\r\n ")), "a b");
    assert_text_equal(text_trim(TEXT(" \r\n\t")), "");
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(text_find(TEXT("a@b@c"), '@'), 1);
    assert_int_equal(text_find_last(TEXT("a@b@c"), '@'), 3);
    assert_int_equal(text_find(TEXT("abc"), '@'), 3);
    assert_int_equal(text_find_last(TEXT_NONE, '@'), 0);
    assert_int_equal(text_find_text(TEXT("one two"), TEXT("two")), 4);
    assert_int_equal(text_find_text(TEXT("one two"), TEXT("three")), 7);
    assert_int_equal(text_find_text(TEXT("two"), TEXT("one two")), 3);
    assert_int_equal(text_find_text(TEXT("x"), TEXT("")), 0);
    assert_true(text_has_control(TEXT("a\nb")));
    assert_true(text_has_control(TEXT("a\x7f")));
    assert_false(text_has_control(TEXT("plain text")));
}

static const struct {
    const char *name, *input;
    const char *pieces[5];
} splits[] = {
    {"none between",    "a,,b", {"a", "", "b"}},
    {"at the end",      "a,",   {"a", ""}     },
    {"alone",           "a",    {"a"}         },
    {"empty",           "",     {""}          },
    {"only separators", ",,",   {"", "", ""}  },
};

static void test_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct text rest = text_from_string(splits[i].input), piece;
        size_t count = 0;

        unit_row(splits[i].name);
        while (text_split(&rest, ',', &piece)) {
            assert_non_null(splits[i].pieces[count]);
            assert_text_equal(piece, splits[i].pieces[count]);
            count++;
        }
        assert_null(splits[i].pieces[count]);
    }
}

static const struct {
    const char *input;
    uint64_t max;
    bool good;
    uint64_t number;
} numbers[] = {
    {"0",                       10,         true,  0         },
    {"10",                      10,         true,  10        },
    {"11",                      10,         false, 0         },
    {"7",                       5,          false, 0         },
    {"007",                     10,         true,  7         },
    {"",                        10,         false, 0         },
    {"-1",                      10,         false, 0         },
    {"+1",                      10,         false, 0         },
    {" 1",                      10,         false, 0         },
    {"1x",                      10,         false, 0         },
    {"18446744073709551615",    UINT64_MAX, true,  UINT64_MAX},
    {"18446744073709551616",    UINT64_MAX, false, 0         },
    {"99999999999999999999999", UINT64_MAX, false, 0         },
};

static void test_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t number = 4711;

        unit_row(numbers[i].input);
        assert_int_equal(
            text_to_number(text_from_string(numbers[i].input), numbers[i].max, &number),
            numbers[i].good);
        assert_true(number == (numbers[i].good ? numbers[i].number : 4711));
    }
}

static void test_bytes(void **state)
{
    char bytes[] = "AbC-\xc3\x84";

    (void)state;
    text_lower_bytes(bytes, sizeof bytes - 1);
    assert_string_equal(bytes, "abc-\xc3\x84");
    assert_int_equal(text_hex_value('f'), 15);
    assert_int_equal(text_hex_value('A'), 10);
    assert_int_equal(text_hex_value('0'), 0);
    assert_int_equal(text_hex_value('g'), -1);
}

UNIT_MAIN(cmocka_unit_test(test_compare), cmocka_unit_test(test_parts), cmocka_unit_test(test_find),
    cmocka_unit_test(test_split), cmocka_unit_test(test_number), cmocka_unit_test(test_bytes))
