/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/neighbour-conf.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name, *bytes, *value;
} values[] = {
    {"nothing",            "",                                         ""                },
    {"one",                "Mode sv\nAuthservID mail.example.org\n",   "mail.example.org"},
    {"tabs, another case", "authservid\t\tmail.example.org  # ours\n", "mail.example.org"},
    {"commented out",      "#AuthservID mail.example.org\n",           ""                },
    {"a longer name",      "AuthservIDWithJobID true\n",               ""                },
    {"the last one",       "AuthservID a\nAuthservID b",               "b"               },
    {"without a value",    "AuthservID\nMode sv\n",                    ""                },
};

static void test_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        unit_row(values[i].name);
        assert_text_equal(
            neighbour_conf_value(text_from_string(values[i].bytes), TEXT("AuthservID")),
            values[i].value);
    }
}

static const struct {
    const char *name, *first, *second;
    bool signs, verifies;
} amavises[] = {
    {"nothing",          "",                                                               "",                                  false, false},
    {"as Debian has it", "$enable_dkim_verification = 0; #disabled to prevent warning\n",  "",                                  false,
     false                                                                                                                                  },
    {"both",             "$enable_dkim_signing = 1;\n  $enable_dkim_verification=1;\n",    "",                                  true,  true },
    {"a later file",     "$enable_dkim_signing = 1;\n",                                    "$enable_dkim_signing = 0;\n",       false, false},
    {"commented out",    "#$enable_dkim_signing = 1;\n",                                   "",                                  false, false},
    {"undef, empty",     "$enable_dkim_signing = undef;\n",                                "$enable_dkim_verification = '';\n", false,
     false                                                                                                                                  },
    {"not assigned",     "$enable_dkim_signing == 1 or die;\n$enable_dkim_verification\n", "",                                  false,
     false                                                                                                                                  },
    {"cut off",          "$enable_dkim_signing =",                                         "$enable_dkim_verification = 1",     false, true },
    {"a service of it",  "$enable_dkim_signing_service = 1;\n",                            "",                                  false, false},
};

static void test_amavis(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof amavises / sizeof *amavises; i++) {
        struct neighbour_amavis amavis = {.signs = false};

        unit_row(amavises[i].name);
        neighbour_amavis_add(&amavis, text_from_string(amavises[i].first));
        neighbour_amavis_add(&amavis, text_from_string(amavises[i].second));
        assert_int_equal(amavis.signs, amavises[i].signs);
        assert_int_equal(amavis.verifies, amavises[i].verifies);
    }
}

UNIT_MAIN(cmocka_unit_test(test_value), cmocka_unit_test(test_amavis))
