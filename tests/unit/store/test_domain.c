/* SPDX-License-Identifier: MIT */

/* Kinds of domains, and what each has of its own. */

#include "lib/store/domain.h"

#include "lib/store/alias.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

static enum err add_user(struct store *store, const char *local_part, const char *domain)
{
    const struct user user = {
        .local_part = text_from_string(local_part), .domain = text_from_string(domain)};

    return user_add(store, &user, 1);
}

static enum err add_alias(struct store *store, const char *address)
{
    const struct text targets[] = {TEXT("ann@elsewhere.example")};
    const struct alias alias = {.address = text_from_string(address),
        .targets = targets,
        .target_count = 1,
        .enabled = true};

    return alias_add(store, &alias, 1);
}

static enum err become(
    struct ground *ground, const char *name, enum domain_kind kind, const char *target)
{
    struct domain domain = {.name = text_from_string(name)};

    if (domain_find(ground->store, domain.name, ground->arena, &domain) != ERR_NONE)
        domain.name = text_from_string(name);
    domain.kind = kind;
    domain.target = text_from_string(target);
    return domain_update(ground->store, &domain);
}

/* full.org has a user and an alias, users.org and aliases.org one of both; twin.org is an alias. */
static void populate(struct ground *ground)
{
    static const char *const names[] = {
        "full.org", "users.org", "aliases.org", "empty.org", "home.org", "twin.org", "relay.org"};
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(domain_add(store, text_from_string(names[i]), 1), ERR_NONE);
    assert_int_equal(add_user(store, "ann", "full.org"), ERR_NONE);
    assert_int_equal(add_alias(store, "info@full.org"), ERR_NONE);
    assert_int_equal(add_user(store, "ann", "users.org"), ERR_NONE);
    assert_int_equal(add_alias(store, "info@aliases.org"), ERR_NONE);
    assert_int_equal(become(ground, "twin.org", DOMAIN_ALIAS, "home.org"), ERR_NONE);
    assert_int_equal(become(ground, "relay.org", DOMAIN_RELAY, ""), ERR_NONE);
}

static const struct {
    const char *name, *domain;
    enum domain_kind kind;
    const char *target;
    enum err err;
    const char *words;
} changes[] = {
    {"users, to an alias",    "users.org",   DOMAIN_ALIAS,   "home.org",  ERR_REFUSED,
     "users.org still has users"                                                                                     },
    {"users, to a relay",     "users.org",   DOMAIN_RELAY,   NULL,        ERR_REFUSED, "it cannot become a relay"    },
    {"aliases, to an alias",  "aliases.org", DOMAIN_ALIAS,   "home.org",  ERR_REFUSED,
     "still has aliases"                                                                                             },
    {"aliases, to a relay",   "aliases.org", DOMAIN_RELAY,   NULL,        ERR_NONE,    NULL                          },
    {"empty, to an alias",    "empty.org",   DOMAIN_ALIAS,   "full.org",  ERR_NONE,    NULL                          },
    {"another target",        "empty.org",   DOMAIN_ALIAS,   "home.org",  ERR_NONE,    NULL                          },
    {"back",                  "empty.org",   DOMAIN_MAILBOX, NULL,        ERR_NONE,    NULL                          },
    {"of itself",             "empty.org",   DOMAIN_ALIAS,   "empty.org", ERR_REFUSED, "which is the same"           },
    {"of nothing",            "empty.org",   DOMAIN_ALIAS,   "",          ERR_ABSENT,  "there is no domain"          },
    {"of none of ours",       "empty.org",   DOMAIN_ALIAS,   "x.example", ERR_ABSENT,
     "there is no domain x.example"                                                                                  },
    {"of an alias",           "empty.org",   DOMAIN_ALIAS,   "twin.org",  ERR_REFUSED,
     "which has no mailboxes itself"                                                                                 },
    {"of a relay",            "empty.org",   DOMAIN_ALIAS,   "relay.org", ERR_REFUSED,
     "which has no mailboxes itself"                                                                                 },
    {"a target, to an alias", "home.org",    DOMAIN_ALIAS,   "full.org",  ERR_REFUSED,
     "has domains that are aliases of it"                                                                            },
    {"a target, to a relay",  "home.org",    DOMAIN_RELAY,   NULL,        ERR_REFUSED,
     "has domains that are aliases of it"                                                                            },
    {"not there",             "x.example",   DOMAIN_MAILBOX, NULL,        ERR_ABSENT,  "there is no domain x.example"},
};

static void test_kinds(void **state)
{
    struct ground *ground = *state;

    populate(ground);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        unit_row(changes[i].name);
        assert_int_equal(
            become(ground, changes[i].domain, changes[i].kind, changes[i].target), changes[i].err);
        if (changes[i].words != NULL)
            assert_failure_says(ground->store, changes[i].err, changes[i].words);
    }
}

static void test_content(void **state)
{
    struct ground *ground = *state;

    populate(ground);
    assert_int_equal(add_user(ground->store, "ann", "twin.org"), ERR_REFUSED);
    assert_failure_says(ground->store, ERR_REFUSED, "twin.org is an alias of home.org");
    assert_int_equal(add_alias(ground->store, "info@twin.org"), ERR_REFUSED);
    assert_failure_says(ground->store, ERR_REFUSED, "twin.org is an alias of home.org");
    assert_int_equal(add_user(ground->store, "ann", "relay.org"), ERR_REFUSED);
    assert_failure_says(ground->store, ERR_REFUSED, "relay.org is a relay");
    assert_int_equal(add_alias(ground->store, "info@relay.org"), ERR_NONE);
}

static void test_all_of_it(void **state)
{
    const struct domain wanted = {
        .name = TEXT("empty.org"),
        .enabled = false,
        .signs = false,
        .spf_includes = TEXT("a.example b.example"),
        .report_address = TEXT("dmarc@full.org"),
        .default_quota_bytes = 77,
    };
    struct ground *ground = *state;
    struct domain found;

    populate(ground);
    assert_int_equal(domain_update(ground->store, &wanted), ERR_NONE);
    assert_int_equal(
        domain_find(ground->store, TEXT("empty.org"), ground->arena, &found), ERR_NONE);
    assert_false(found.enabled);
    assert_false(found.signs);
    assert_text_equal(found.spf_includes, "a.example b.example");
    assert_text_equal(found.report_address, "dmarc@full.org");
    assert_int_equal(found.default_quota_bytes, 77);
    assert_int_equal(found.created, 1);
    assert_int_equal(domain_find(ground->store, TEXT("twin.org"), ground->arena, &found), ERR_NONE);
    assert_int_equal(found.kind, DOMAIN_ALIAS);
    assert_text_equal(found.target, "home.org");
    assert_true(found.enabled);
}

/* The default counts for those who have none of their own, whenever it changes. */
static void test_quota(void **state)
{
    struct ground *ground = *state;
    struct user user = {
        .local_part = TEXT("bob"), .domain = TEXT("full.org"), .inherits_quota = true};
    struct domain domain;

    populate(ground);
    assert_int_equal(user_add(ground->store, &user, 1), ERR_NONE);
    assert_int_equal(
        domain_find(ground->store, TEXT("full.org"), ground->arena, &domain), ERR_NONE);
    domain.default_quota_bytes = 5000;
    assert_int_equal(domain_update(ground->store, &domain), ERR_NONE);
    assert_int_equal(
        user_find(ground->store, TEXT("bob@full.org"), ground->arena, &user), ERR_NONE);
    assert_true(user.inherits_quota);
    assert_int_equal(user.quota_bytes, 5000);
    user.inherits_quota = false;
    user.quota_bytes = 0;
    assert_int_equal(user_update(ground->store, &user), ERR_NONE);
    assert_int_equal(
        user_find(ground->store, TEXT("bob@full.org"), ground->arena, &user), ERR_NONE);
    assert_int_equal(user.quota_bytes, 0);
}

static void test_user_rules(void **state)
{
    struct ground *ground = *state;
    struct user user;

    populate(ground);
    assert_int_equal(
        user_find(ground->store, TEXT("ann@full.org"), ground->arena, &user), ERR_NONE);
    assert_int_equal(user.protocols, PROTOCOLS_ALL);
    user.protocols = 1U << PROTOCOL_IMAP;
    user.needs_app_password = true;
    assert_int_equal(user_update(ground->store, &user), ERR_NONE);
    assert_int_equal(
        user_find(ground->store, TEXT("ann@full.org"), ground->arena, &user), ERR_NONE);
    assert_int_equal(user.protocols, 1U << PROTOCOL_IMAP);
    assert_true(user.needs_app_password);
}

static void test_delete(void **state)
{
    struct ground *ground = *state;
    struct domain_list list;

    populate(ground);
    assert_int_equal(
        domain_list_aliases(ground->store, TEXT("home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_text_equal(list.items[0].name, "twin.org");
    assert_int_equal(domain_delete(ground->store, TEXT("home.org"), true), ERR_REFUSED);
    assert_failure_says(ground->store, ERR_REFUSED, "twin.org is an alias of the domain home.org");
    assert_int_equal(domain_delete(ground->store, TEXT("twin.org"), false), ERR_NONE);
    assert_int_equal(domain_delete(ground->store, TEXT("home.org"), false), ERR_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_kinds), TEST(test_content), TEST(test_all_of_it), TEST(test_quota),
    TEST(test_user_rules), TEST(test_delete))
