/* SPDX-License-Identifier: MIT */

/* When something ends. Local time is two hours ahead here. */

#include "mailctl/expiry-argument.h"

#include <time.h>

#include "tests/unit/unit.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

static const struct {
    const char *name, *text;
    enum err err;
    int64_t expires;
} rows[] = {
    {"never",             "never",                 ERR_NONE,   0            },
    {"in capitals",       "NEVER",                 ERR_NONE,   0            },
    {"hours",             "12h",                   ERR_NONE,   NOW + 43200  },
    {"days",              "30d",                   ERR_NONE,   NOW + 2592000},
    {"weeks",             "2w",                    ERR_NONE,   NOW + 1209600},
    {"the end of a day",  "2027-01-31",            ERR_NONE,   1801432800   },
    {"today is not over", "2027-01-15",            ERR_NONE,   1800050400   },
    {"yesterday",         "2027-01-14",            ERR_RANGE,  0            },
    {"a leap day",        "2028-02-29",            ERR_NONE,   1835474400   },
    {"a moment",          "2027-01-31T12:00:00Z",  ERR_NONE,   1801396800   },
    {"now",               "2027-01-15T08:00:00Z",  ERR_RANGE,  0            },
    {"a second from now", "2027-01-15T08:00:01Z",  ERR_NONE,   NOW + 1      },
    {"nothing from now",  "0d",                    ERR_RANGE,  0            },
    {"too far",           "99999d",                ERR_SYNTAX, 0            },
    {"too far, a day",    "2999-01-01",            ERR_RANGE,  0            },
    {"no such day",       "2027-02-29",            ERR_SYNTAX, 0            },
    {"no such month",     "2027-13-01",            ERR_SYNTAX, 0            },
    {"no day",            "2027-01-00",            ERR_SYNTAX, 0            },
    {"no such hour",      "2027-01-31T24:00:00Z",  ERR_SYNTAX, 0            },
    {"no such minute",    "2027-01-31T12:60:00Z",  ERR_SYNTAX, 0            },
    {"another order",     "31-01-2027",            ERR_SYNTAX, 0            },
    {"no unit",           "30",                    ERR_SYNTAX, 0            },
    {"another unit",      "30y",                   ERR_SYNTAX, 0            },
    {"a unit alone",      "d",                     ERR_SYNTAX, 0            },
    {"below nothing",     "-1d",                   ERR_SYNTAX, 0            },
    {"another zone",      "2027-01-31T12:00:00+1", ERR_SYNTAX, 0            },
    {"nothing",           "",                      ERR_SYNTAX, 0            },
};

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "EET-2", 1), 0);
    tzset();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t expires = -1;

        unit_row(rows[i].name);
        assert_int_equal(
            expiry_argument_parse(text_from_string(rows[i].text), NOW, &expires), rows[i].err);
        assert_int_equal(expires, rows[i].err == ERR_NONE ? rows[i].expires : -1);
    }
}

/* In a file: an end that is over stays one, and nothing counts from now. */
static void test_fixed(void **state)
{
    int64_t expires = -1;

    (void)state;
    assert_int_equal(expiry_argument_parse_fixed(TEXT("2001-09-09T01:46:40Z"), &expires), ERR_NONE);
    assert_int_equal(expires, 1000000000);
    assert_int_equal(expiry_argument_parse_fixed(TEXT("2999-01-01T00:00:00Z"), &expires), ERR_NONE);
    assert_int_equal(expiry_argument_parse_fixed(TEXT("never"), &expires), ERR_NONE);
    assert_int_equal(expires, 0);
    assert_int_equal(expiry_argument_parse_fixed(TEXT("30d"), &expires), ERR_SYNTAX);
    assert_int_equal(expiry_argument_parse_fixed(TEXT("1960-01-01"), &expires), ERR_RANGE);
    assert_int_equal(expires, 0);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_fixed))
