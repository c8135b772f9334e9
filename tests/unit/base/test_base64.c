/* SPDX-License-Identifier: MIT */
#include "lib/base/base64.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name, *input;
    bool good;
    const char *output;
} rows[] = {
    {"nothing",                       "",                 true,  ""      },
    {"one byte",                      "Zg==",             true,  "f"     },
    {"two bytes",                     "Zm8=",             true,  "fo"    },
    {"three bytes",                   "Zm9v",             true,  "foo"   },
    {"six bytes",                     "Zm9vYmFy",         true,  "foobar"},
    {"folded",                        "Zm9v\r\n\t YmFy ", true,  "foobar"},
    {"blank before padding",          "Zg =\t=",          true,  "f"     },
    {"without padding",               "Zm8",              true,  "fo"    },
    {"lone character",                "Z",                false, NULL    },
    {"lone character behind a group", "Zm9vZ",            false, NULL    },
    {"too much padding",              "Zg===",            false, NULL    },
    {"padding behind a whole group",  "Zm9v=",            false, NULL    },
    {"wrong padding",                 "Zm8==",            false, NULL    },
    {"text behind padding",           "Zg==Zg==",         false, NULL    },
    {"foreign character",             "Zm9v!",            false, NULL    },
    {"the other alphabet",            "_-8=",             false, NULL    },
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text input = text_from_string(rows[i].input);
        /* Of the exact size, so that the sanitizer sees one byte too many. */
        unsigned char *bytes = malloc(BASE64_DECODED_MAX(input.len));
        size_t len = 4711;

        unit_row(rows[i].name);
        assert_int_equal(base64_decode(input, bytes, &len), rows[i].good);
        if (rows[i].good)
            assert_text_equal(text_from_bytes((char *)bytes, len), rows[i].output);
        else
            assert_int_equal(len, 4711);
        free(bytes);
    }
}

static void test_round_trip(void **state)
{
    unsigned char in[64], out[BASE64_DECODED_MAX(BASE64_ENCODED_LEN(64))];
    char text[BASE64_ENCODED_LEN(64) + 1];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)(i * 37 + 200);
    for (size_t len = 0; len <= sizeof in; len++) {
        size_t got = 0;

        base64_encode(in, len, text);
        assert_int_equal(strlen(text), BASE64_ENCODED_LEN(len));
        assert_true(base64_decode(text_from_string(text), out, &got));
        assert_int_equal(got, len);
        assert_memory_equal(in, out, len);
    }
}

UNIT_MAIN(cmocka_unit_test(test_decode), cmocka_unit_test(test_round_trip))
