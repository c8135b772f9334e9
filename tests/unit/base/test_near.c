/* SPDX-License-Identifier: MIT */
#include "lib/base/near.h"

#include "tests/unit/unit.h"

static const char *const names[] = {
    "messages", "recipients", "period", "max_connections", "user", "users", "spf", NULL};

static const struct {
    const char *name, *wanted, *best;
} rows[] = {
    {"the same",                  "period",                                      "period"         },
    {"a letter too few",          "mesages",                                     "messages"       },
    {"a letter too many",         "periodd",                                     "period"         },
    {"another letter",            "perioc",                                      "period"         },
    {"two letters exchanged",     "preiod",                                      "period"         },
    {"two mistakes",              "resipiants",                                  "recipients"     },
    {"another sign",              "max-connections",                             "max_connections"},
    {"capitals",                  "PERIOD",                                      "period"         },
    {"the first of the near",     "use",                                         "user"           },
    {"the nearest",               "userz",                                       "user"           },
    {"the beginning",             "recip",                                       "recipients"     },
    {"too short for a beginning", "re",                                          NULL             },
    {"a short one",               "spd",                                         "spf"            },
    {"nothing in common",         "xyz",                                         NULL             },
    {"far off",                   "certificates",                                NULL             },
    {"empty",                     "",                                            NULL             },
    {"longer than any name",
     "messagesmessagesmessagesmessagesmessagesmessagesmessagesmessagesmessages", NULL             },
};

static void test_best(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct near near;

        unit_row(rows[i].name);
        near_init(&near, text_from_string(rows[i].wanted));
        for (size_t j = 0; names[j] != NULL; j++)
            near_offer(&near, names[j]);
        if (rows[i].best == NULL)
            assert_null(near_best(&near));
        else
            assert_string_equal(near_best(&near), rows[i].best);
    }
}

UNIT_MAIN(cmocka_unit_test(test_best))
