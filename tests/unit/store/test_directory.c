/* SPDX-License-Identifier: MIT */

/* Domains, users and aliases. */

#include "lib/base/arena.h"
#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

static void populate(struct ground *ground)
{
    const struct user users[] = {
        {.local_part = TEXT("bob"),   .domain = TEXT("example.org")},
        {.local_part = TEXT("alice"),
         .domain = TEXT("example.org"),
         .display_name = TEXT("Alice \xc3\x84"),
         .quota_bytes = 1000},
        {.local_part = TEXT("zoe"),         .domain = TEXT("example.com")                                     },
    };
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    assert_int_equal(domain_add(store, TEXT("example.org"), 11), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.com"), 12), ERR_NONE);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        assert_int_equal(user_add(store, &users[i], 20 + (int64_t)i), ERR_NONE);
}

static enum err add_alias(
    struct ground *ground, const char *address, const char *first, const char *second)
{
    struct text targets[] = {text_from_string(first), text_from_string(second)};
    struct alias alias = {
        .address = text_from_string(address),
        .targets = targets,
        .target_count = (first != NULL) + (second != NULL),
        .enabled = true,
    };

    return alias_add(ground->store, &alias, 30);
}

/* --- domains --- */

static void test_domain(void **state)
{
    struct ground *ground = *state;
    struct domain_list list;
    struct domain domain;

    populate(ground);
    assert_int_equal(domain_list(ground->store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_text_equal(list.items[0].name, "example.com");
    assert_text_equal(list.items[1].name, "example.org");
    assert_int_equal(
        domain_find(ground->store, TEXT("example.org"), ground->arena, &domain), ERR_NONE);
    assert_text_equal(domain.name, "example.org");
    assert_true(domain.enabled);
    assert_int_equal(domain.created, 11);
    assert_int_equal(
        domain_find(ground->store, TEXT("example.net"), ground->arena, &domain), ERR_ABSENT);
    assert_failure_says(ground->store, ERR_ABSENT, "no domain example.net");
    assert_int_equal(domain_add(ground->store, TEXT("example.org"), 1), ERR_EXISTS);
    assert_failure_says(ground->store, ERR_EXISTS, "example.org exists already");
    assert_int_equal(domain_add(ground->store, TEXT(""), 1), ERR_REFUSED);
}

static const struct {
    const char *name, *domain;
    bool with_content;
    enum err err;
} deletions[] = {
    {"not there",               "example.net",   false, ERR_ABSENT },
    {"not there, with content", "example.net",   true,  ERR_ABSENT },
    {"a user in it",            "example.com",   false, ERR_REFUSED},
    {"an alias in it",          "alias.example", false, ERR_REFUSED},
    {"with an alias",           "alias.example", true,  ERR_NONE   },
    {"with users",              "example.org",   true,  ERR_NONE   },
    {"empty",                   "empty.example", false, ERR_NONE   },
};

static void test_domain_delete(void **state)
{
    struct ground *ground = *state;
    struct user_list users;
    struct alias_list aliases;

    populate(ground);
    assert_int_equal(domain_add(ground->store, TEXT("alias.example"), 1), ERR_NONE);
    assert_int_equal(domain_add(ground->store, TEXT("empty.example"), 1), ERR_NONE);
    assert_int_equal(add_alias(ground, "a@alias.example", "b@example.net", NULL), ERR_NONE);
    assert_int_equal(add_alias(ground, "c@example.org", "zoe@example.com", NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof deletions / sizeof *deletions; i++) {
        unit_row(deletions[i].name);
        assert_int_equal(domain_delete(ground->store, text_from_string(deletions[i].domain),
                             deletions[i].with_content),
            deletions[i].err);
    }
    assert_int_equal(user_list(ground->store, TEXT(""), ground->arena, &users), ERR_NONE);
    assert_int_equal(users.count, 1);
    assert_text_equal(users.items[0].address, "zoe@example.com");
    assert_int_equal(alias_list(ground->store, TEXT(""), ground->arena, &aliases), ERR_NONE);
    assert_int_equal(aliases.count, 0);
    assert_int_equal(
        ground_ask(ground, "directory/directory.db", "SELECT count(*) FROM alias_target"), 0);
}

/* --- users --- */

static void test_user(void **state)
{
    struct ground *ground = *state;
    struct user user;

    populate(ground);
    assert_int_equal(
        user_find(ground->store, TEXT("alice@example.org"), ground->arena, &user), ERR_NONE);
    assert_text_equal(user.address, "alice@example.org");
    assert_text_equal(user.local_part, "alice");
    assert_text_equal(user.domain, "example.org");
    assert_text_equal(user.display_name, "Alice \xc3\x84");
    assert_int_equal(user.quota_bytes, 1000);
    assert_true(user.enabled);
    assert_int_equal(user.created, 21);
    user.display_name = TEXT("");
    user.quota_bytes = 0;
    user.enabled = false;
    assert_int_equal(user_update(ground->store, &user), ERR_NONE);
    assert_int_equal(
        user_find(ground->store, TEXT("alice@example.org"), ground->arena, &user), ERR_NONE);
    assert_int_equal(user.display_name.len, 0);
    assert_int_equal(user.quota_bytes, 0);
    assert_false(user.enabled);
    user.address = TEXT("carol@example.org");
    assert_int_equal(user_update(ground->store, &user), ERR_ABSENT);
    user.address = TEXT("nothing");
    assert_int_equal(user_update(ground->store, &user), ERR_ABSENT);
    assert_int_equal(user_delete(ground->store, TEXT("alice@example.org")), ERR_NONE);
    assert_int_equal(user_delete(ground->store, TEXT("alice@example.org")), ERR_ABSENT);
    assert_failure_says(ground->store, ERR_ABSENT, "no user alice@example.org");
    assert_int_equal(user_delete(ground->store, TEXT("alice")), ERR_ABSENT);
}

static void test_user_list(void **state)
{
    struct ground *ground = *state;
    struct user_list list;

    populate(ground);
    assert_int_equal(user_list(ground->store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 3);
    assert_text_equal(list.items[0].address, "zoe@example.com");
    assert_text_equal(list.items[1].address, "alice@example.org");
    assert_text_equal(list.items[2].address, "bob@example.org");
    assert_int_equal(user_list(ground->store, TEXT("example.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_text_equal(list.items[0].address, "alice@example.org");
    assert_int_equal(user_list(ground->store, TEXT("example.net"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

static const struct {
    const char *name, *domain, *pattern, *found;
} patterns[] = {
    {"a beginning",             "",            "al*",             "alice@example.org"                                },
    {"whole local part",        "",            "bob",             "bob@example.org"                                  },
    {"no part of one",          "",            "bo",              ""                                                 },
    {"a whole address",         "",            "zoe@example.com", "zoe@example.com"                                  },
    {"everybody of a domain",   "",            "*@example.org",   "alice@example.org bob@example.org"                },
    {"everybody",               "",            "*",               "zoe@example.com alice@example.org bob@example.org"},
    {"an end",                  "",            "*e",              "zoe@example.com alice@example.org"                },
    {"one character",           "",            "?o?",             "zoe@example.com bob@example.org"                  },
    {"one, not none",           "",            "bob?",            ""                                                 },
    {"in one domain",           "example.org", "*o*",             "bob@example.org"                                  },
    {"in a domain of nobody",   "example.net", "*",               ""                                                 },
    {"brackets are themselves", "",            "[ab]*",           ""                                                 },
    {"what SQL would like",     "",            "' OR 1=1 --*",    ""                                                 },
    {"over the sign",           "",            "b*@*.org",        "bob@example.org"                                  },
};

static void test_user_patterns(void **state)
{
    struct ground *ground = *state;

    populate(ground);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct text joined = TEXT("");
        struct user_list list;

        unit_row(patterns[i].name);
        assert_int_equal(user_list_matching(ground->store, text_from_string(patterns[i].domain),
                             text_from_string(patterns[i].pattern), ground->arena, &list),
            ERR_NONE);
        for (size_t at = 0; at < list.count; at++)
            joined = arena_print(ground->arena, "%.*s%s%.*s", TEXT_ARGS(joined), at == 0 ? "" : " ",
                TEXT_ARGS(list.items[at].address));
        assert_text_equal(joined, patterns[i].found);
    }
}

static const struct {
    const char *name, *address;
    enum err err;
} lookups[] = {
    {"there",                   "bob@example.org",         ERR_NONE  },
    {"no such user",            "carol@example.org",       ERR_ABSENT},
    {"no such domain",          "bob@example.net",         ERR_ABSENT},
    {"in upper case",           "Bob@example.org",         ERR_ABSENT},
    {"no domain",               "bob",                     ERR_ABSENT},
    {"nothing behind the sign", "bob@",                    ERR_ABSENT},
    {"nothing before it",       "@example.org",            ERR_ABSENT},
    {"nothing",                 "",                        ERR_ABSENT},
    {"two signs",               "bob@x@example.org",       ERR_ABSENT},
    {"what SQL would like",     "' OR 1=1 --@example.org", ERR_ABSENT},
    {"a pattern",               "%@example.org",           ERR_ABSENT},
};

static void test_user_lookups(void **state)
{
    struct ground *ground = *state;

    populate(ground);
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
        struct user user = {.quota_bytes = -1};

        unit_row(lookups[i].name);
        assert_int_equal(
            user_find(ground->store, text_from_string(lookups[i].address), ground->arena, &user),
            lookups[i].err);
        if (lookups[i].err != ERR_NONE)
            assert_int_equal(user.quota_bytes, -1);
    }
}

static const struct {
    const char *name, *local_part, *domain;
    int64_t quota;
    enum err err;
    const char *words;
} refusals[] = {
    {"there already",      "alice",                                                             "example.org", 0,  ERR_EXISTS,  "alice@example.org exists"    },
    {"no such domain",     "alice",                                                             "example.net", 0,  ERR_ABSENT,  "no domain example.net"       },
    {"an alias",           "info",                                                              "example.org", 0,  ERR_REFUSED, "info@example.org is an alias"},
    {"no local part",      "",                                                                  "example.org", 0,  ERR_REFUSED, "CHECK"                       },
    {"less than no quota", "dora",                                                              "example.org", -1, ERR_REFUSED, "CHECK"                       },
    {"a local part of 65", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345",
     "example.org",                                                                                            0,  ERR_REFUSED, "CHECK"                       },
};

static void test_user_refusals(void **state)
{
    struct ground *ground = *state;

    populate(ground);
    assert_int_equal(add_alias(ground, "info@example.org", "bob@example.org", NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct user user = {
            .local_part = text_from_string(refusals[i].local_part),
            .domain = text_from_string(refusals[i].domain),
            .quota_bytes = refusals[i].quota,
        };

        unit_row(refusals[i].name);
        assert_int_equal(user_add(ground->store, &user, 1), refusals[i].err);
        assert_failure_says(ground->store, refusals[i].err, refusals[i].words);
    }
}

/* --- aliases --- */

static void test_alias(void **state)
{
    struct ground *ground = *state;
    struct alias_list list;
    struct alias alias;

    populate(ground);
    assert_int_equal(
        add_alias(ground, "info@example.org", "bob@example.org", "Ext@example.net"), ERR_NONE);
    assert_int_equal(add_alias(ground, "@example.org", "bob@example.org", NULL), ERR_NONE);
    assert_int_equal(add_alias(ground, "a@example.com", "zoe@example.com", NULL), ERR_NONE);
    assert_int_equal(
        alias_find(ground->store, TEXT("info@example.org"), ground->arena, &alias), ERR_NONE);
    assert_text_equal(alias.address, "info@example.org");
    assert_int_equal(alias.target_count, 2);
    assert_text_equal(alias.targets[0], "bob@example.org");
    assert_text_equal(alias.targets[1], "Ext@example.net");
    assert_true(alias.enabled);
    assert_int_equal(alias.created, 30);
    assert_int_equal(
        alias_find(ground->store, TEXT("@example.org"), ground->arena, &alias), ERR_NONE);
    assert_text_equal(alias.address, "@example.org");
    assert_int_equal(alias_list(ground->store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 3);
    assert_text_equal(list.items[0].address, "a@example.com");
    assert_text_equal(list.items[1].address, "@example.org");
    assert_int_equal(list.items[1].target_count, 1);
    assert_text_equal(list.items[2].address, "info@example.org");
    assert_int_equal(list.items[2].target_count, 2);
    assert_int_equal(
        alias_list(ground->store, TEXT("example.com"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_int_equal(
        alias_list_by_target(ground->store, TEXT("bob@example.org"), ground->arena, &list),
        ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[1].target_count, 2);
    assert_int_equal(alias_delete(ground->store, TEXT("info@example.org")), ERR_NONE);
    assert_int_equal(alias_delete(ground->store, TEXT("info@example.org")), ERR_ABSENT);
    assert_int_equal(alias_delete(ground->store, TEXT("info")), ERR_ABSENT);
    assert_int_equal(
        alias_find(ground->store, TEXT("info@example.org"), ground->arena, &alias), ERR_ABSENT);
    assert_int_equal(alias_find(ground->store, TEXT("info"), ground->arena, &alias), ERR_ABSENT);
}

static void test_alias_update(void **state)
{
    const struct text targets[] = {TEXT("zoe@example.com"), TEXT("bob@example.org")};
    struct alias wanted = {.address = TEXT("info@example.org"),
        .targets = targets,
        .target_count = 2,
        .expires = 99,
        .receive_only = true};
    struct ground *ground = *state;
    struct alias alias;

    populate(ground);
    assert_int_equal(add_alias(ground, "info@example.org", "bob@example.org", NULL), ERR_NONE);
    assert_int_equal(
        alias_find(ground->store, TEXT("info@example.org"), ground->arena, &alias), ERR_NONE);
    assert_true(alias_is_in_force(&alias, 99));
    assert_int_equal(alias_update(ground->store, &wanted), ERR_NONE);
    assert_int_equal(
        alias_find(ground->store, TEXT("info@example.org"), ground->arena, &alias), ERR_NONE);
    assert_false(alias.enabled);
    assert_true(alias.receive_only);
    assert_int_equal(alias.expires, 99);
    assert_int_equal(alias.created, 30);
    assert_int_equal(alias.target_count, 2);
    assert_text_equal(alias.targets[0], "zoe@example.com");
    alias.enabled = true;
    assert_true(alias_is_in_force(&alias, 98));
    assert_false(alias_is_in_force(&alias, 99));
    wanted.target_count = 0;
    assert_int_equal(alias_update(ground->store, &wanted), ERR_RANGE);
    wanted.target_count = 1;
    wanted.address = TEXT("none@example.org");
    assert_int_equal(alias_update(ground->store, &wanted), ERR_ABSENT);
    wanted.address = TEXT("none");
    assert_int_equal(alias_update(ground->store, &wanted), ERR_ABSENT);
}

static const struct {
    const char *name, *address, *first, *second;
    enum err err;
    const char *words;
} alias_refusals[] = {
    {"there already",   "info@example.org", "a@x.de", NULL, ERR_EXISTS,  "info@example.org exists"},
    {"a user",          "bob@example.org",  "a@x.de", NULL, ERR_REFUSED, "is a user"              },
    {"no such domain",  "a@example.net",    "a@x.de", NULL, ERR_ABSENT,  "no domain"              },
    {"no target",       "b@example.org",    NULL,     NULL, ERR_RANGE,   "targets"                },
    {"an empty target", "c@example.org",    "a@x.de", "",   ERR_REFUSED, "CHECK"                  },
    {"no address",      "d",                "a@x.de", NULL, ERR_ABSENT,  "no address"             },
};

static void test_alias_refusals(void **state)
{
    struct ground *ground = *state;
    struct alias_list list;

    populate(ground);
    assert_int_equal(add_alias(ground, "info@example.org", "bob@example.org", NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof alias_refusals / sizeof *alias_refusals; i++) {
        unit_row(alias_refusals[i].name);
        assert_int_equal(add_alias(ground, alias_refusals[i].address, alias_refusals[i].first,
                             alias_refusals[i].second),
            alias_refusals[i].err);
        assert_failure_says(ground->store, alias_refusals[i].err, alias_refusals[i].words);
    }
    /* A refused target has taken its alias with it. */
    assert_int_equal(alias_list(ground->store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
}

static void test_same_target_twice(void **state)
{
    struct ground *ground = *state;
    struct alias alias;

    populate(ground);
    assert_int_equal(
        add_alias(ground, "info@example.org", "bob@example.org", "bob@example.org"), ERR_NONE);
    assert_int_equal(
        alias_find(ground->store, TEXT("info@example.org"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(alias.target_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_domain), TEST(test_domain_delete), TEST(test_user), TEST(test_user_list),
    TEST(test_user_patterns), TEST(test_user_lookups), TEST(test_user_refusals), TEST(test_alias),
    TEST(test_alias_update), TEST(test_alias_refusals), TEST(test_same_target_twice))
