/* SPDX-License-Identifier: MIT */
#include "authd/account.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name;
    struct text given;
    bool catch_all;
    const char *folded; /* NULL: none */
} addresses[] = {
    {"as it is",             TEXT("alice@example.org"),                                     false, "alice@example.org"      },
    {"capitals",             TEXT("Alice.B@EXAMPLE.Org"),                                   false, "alice.b@example.org"    },
    {"dot at the end",       TEXT("alice@example.org."),                                    false, "alice@example.org"      },
    {"U-label",
     TEXT("a@b\xc3\xbc"
             "cher.example"),
     false,                                                                                        "a@xn--bcher-kva.example"},
    {"at in the local part", TEXT("a@b@example.org"),                                       false, "a@b@example.org"        },
    {"catch-all",            TEXT("@Example.org"),                                          true,  "@example.org"           },
    {"catch-all, not here",  TEXT("@example.org"),                                          false, NULL                     },
    {"no domain",            TEXT("alice@"),                                                false, NULL                     },
    {"no at",                TEXT("alice"),                                                 false, NULL                     },
    {"empty",                TEXT(""),                                                      false, NULL                     },
    {"NUL",                  TEXT("al\0ice@example.org"),                                   false, NULL                     },
    {"tab",                  TEXT("al\tice@example.org"),                                   false, NULL                     },
    {"blank in the domain",  TEXT("a@exa mple.org"),                                        false, NULL                     },
    {"domain not UTF-8",     TEXT("a@\xff\xfe.example"),                                    false, NULL                     },
    {"local part of 65",
     TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org"),
     false,                                                                                        NULL                     },
};

static void test_fold(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct text folded = TEXT_NONE;

        unit_row(addresses[i].name);
        assert_int_equal(
            account_address_fold(addresses[i].given, addresses[i].catch_all, arena, &folded),
            addresses[i].folded != NULL);
        if (addresses[i].folded != NULL)
            assert_text_equal(folded, addresses[i].folded);
    }
    arena_free(&arena);
}

static const struct {
    const char *name, *pattern, *local_part, *domain;
    const char *home; /* NULL: refused */
} homes[] = {
    {"usual",        "/var/vmail/%d/%n", "alice", "example.org", "/var/vmail/example.org/alice"},
    {"the address",  "/m/%u",            "alice", "example.org", "/m/alice@example.org"        },
    {"percent",      "/m%%/%n",          "alice", "example.org", "/m%/alice"                   },
    {"at the end",   "/m/%n%",           "alice", "example.org", "/m/alice%"                   },
    {"dots within",  "/m/%n",            "a..b",  "example.org", "/m/a..b"                     },
    {"up",           "/m/%d/%n",         "..",    "example.org", NULL                          },
    {"here",         "/m/%d/%n",         ".",     "example.org", NULL                          },
    {"a slash",      "/m/%d/%n",         "a/b",   "example.org", NULL                          },
    {"up by domain", "/m/%d/%n",         "a",     "..",          NULL                          },
    {"empty",        "/m/%d/%n",         "",      "example.org", NULL                          },
};

static void test_home(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        const struct account_rule rule = {homes[i].pattern, 5000, 5001};
        struct user user = {.local_part = text_from_string(homes[i].local_part),
            .domain = text_from_string(homes[i].domain),
            .quota_bytes = 7};
        struct failure failure;
        struct account account;
        enum err err;

        unit_row(homes[i].name);
        user.address = arena_print(arena, "%s@%s", homes[i].local_part, homes[i].domain);
        err = account_of_user(&rule, &user, arena, &account, &failure);
        assert_int_equal(err, homes[i].home != NULL ? ERR_NONE : ERR_REFUSED);
        if (homes[i].home != NULL) {
            assert_text_equal(account.home, homes[i].home);
            assert_int_equal(account.uid, 5000);
            assert_int_equal(account.gid, 5001);
            assert_int_equal(account.quota_bytes, 7);
        }
    }
    arena_free(&arena);
}

static void test_rule(void **state)
{
    struct account_rule rule;
    struct failure failure;

    (void)state;
    assert_int_equal(account_rule_init("nobody", "/m/%n", &rule, &failure), ERR_NONE);
    assert_true(rule.uid != 0);
    assert_int_equal(account_rule_init("root", "/m/%n", &rule, &failure), ERR_REFUSED);
    assert_int_equal(account_rule_init("no-such-user-here", "/m/%n", &rule, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "no-such-user-here"));
}

UNIT_MAIN(cmocka_unit_test(test_fold), cmocka_unit_test(test_home), cmocka_unit_test(test_rule))
