/* SPDX-License-Identifier: MIT */

/* Who may send as whom, and rights that were given. */

#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/send-as.h"
#include "lib/store/sender.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

#define ANY 16

static void add_user(struct store *store, const char *local_part, const char *domain)
{
    const struct user user = {
        .local_part = text_from_string(local_part), .domain = text_from_string(domain)};

    assert_int_equal(user_add(store, &user, 1), ERR_NONE);
}

static void add_alias(struct store *store, const char *address, bool enabled, const char *target)
{
    const struct text targets[] = {text_from_string(target)};
    const struct alias alias = {.address = text_from_string(address),
        .targets = targets,
        .target_count = 1,
        .enabled = enabled};

    assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
}

static enum err give(struct store *store, const char *user, const char *address, bool on_behalf)
{
    const struct send_as right = {text_from_string(user), text_from_string(address), on_behalf, 0};

    return send_as_add(store, &right, 7);
}

/* Alice is the boss's office; Bob has the shop's domain; Zoe was switched off. */
static struct store *populate(struct ground *ground)
{
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    struct user zoe;

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("shop.example"), 1), ERR_NONE);
    add_user(store, "alice", "example.org");
    add_user(store, "bob", "example.org");
    add_user(store, "boss", "example.org");
    add_user(store, "zoe", "example.org");
    add_user(store, "plus+sign", "example.org");
    assert_int_equal(user_find(store, TEXT("zoe@example.org"), ground->arena, &zoe), ERR_NONE);
    zoe.enabled = false;
    assert_int_equal(user_update(store, &zoe), ERR_NONE);
    add_alias(store, "info@example.org", true, "team@example.org");
    add_alias(store, "team@example.org", true, "bob@example.org");
    add_alias(store, "off@example.org", false, "bob@example.org");
    add_alias(store, "round@example.org", true, "about@example.org");
    add_alias(store, "about@example.org", true, "round@example.org");
    add_alias(store, "away@example.org", true, "BOB@Example.Org");
    add_alias(store, "@shop.example", true, "bob@example.org");
    add_alias(store, "cash@shop.example", true, "alice@example.org");
    assert_int_equal(give(store, "alice@example.org", "boss@example.org", true), ERR_NONE);
    assert_int_equal(give(store, "alice@example.org", "press@elsewhere.example", false), ERR_NONE);
    assert_int_equal(give(store, "bob@example.org", "@lists.example", false), ERR_NONE);
    assert_int_equal(give(store, "zoe@example.org", "boss@example.org", false), ERR_NONE);
    return store;
}

static const char *join(struct ground *ground, const struct sender_list *list)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < list->count; i++)
        joined = arena_print(ground->arena, "%.*s%s%.*s", TEXT_ARGS(joined), i == 0 ? "" : " ",
            TEXT_ARGS(list->items[i]));
    return arena_copy_string(ground->arena, joined);
}

static const struct {
    const char *name, *address, *users; /* NULL: nobody */
} lists[] = {
    {"a user",                     "alice@example.org",         "alice@example.org"    },
    {"with an extension",          "alice+x@example.org",       "alice@example.org"    },
    {"a user of such a name",      "plus+sign@example.org",     "plus+sign@example.org"},
    {"on behalf is no login",      "boss@example.org",          "boss@example.org"     },
    {"switched off",               "zoe@example.org",           NULL                   },
    {"an alias of an alias",       "info@example.org",          "bob@example.org"      },
    {"an alias with an extension", "info+x@example.org",        "bob@example.org"      },
    {"an alias that is off",       "off@example.org",           NULL                   },
    {"in a circle",                "round@example.org",         NULL                   },
    {"a target in capitals",       "away@example.org",          "bob@example.org"      },
    {"by the catch-all",           "anything@shop.example",     "bob@example.org"      },
    {"the catch-all itself",       "@shop.example",             "bob@example.org"      },
    {"before the catch-all",       "cash@shop.example",         "alice@example.org"    },
    {"no catch-all",               "anything@example.org",      NULL                   },
    {"given",                      "press@elsewhere.example",   "alice@example.org"    },
    {"given, with an extension",   "press+1@elsewhere.example", "alice@example.org"    },
    {"given by domain",            "x@lists.example",           "bob@example.org"      },
    {"not given",                  "x@elsewhere.example",       NULL                   },
};

static void test_list(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sender_list list = {NULL, 0};

        unit_row(lists[i].name);
        assert_int_equal(
            sender_list(store, text_from_string(lists[i].address), ground->arena, &list),
            lists[i].users == NULL ? ERR_ABSENT : ERR_NONE);
        assert_string_equal(join(ground, &list), lists[i].users == NULL ? "" : lists[i].users);
    }
}

static const struct {
    const char *name, *user, *address;
    enum sender_right right;
} rights[] = {
    {"himself",               "bob@example.org",   "bob@example.org",         SENDER_FULL     },
    {"with an extension",     "bob@example.org",   "bob+x@example.org",       SENDER_FULL     },
    {"another",               "bob@example.org",   "alice@example.org",       SENDER_NONE     },
    {"an alias",              "bob@example.org",   "info@example.org",        SENDER_FULL     },
    {"another's alias",       "alice@example.org", "info@example.org",        SENDER_NONE     },
    {"in a circle",           "alice@example.org", "round@example.org",       SENDER_NONE     },
    {"by the catch-all",      "bob@example.org",   "anything@shop.example",   SENDER_FULL     },
    {"another's catch-all",   "alice@example.org", "anything@shop.example",   SENDER_NONE     },
    {"on behalf",             "alice@example.org", "boss@example.org",        SENDER_ON_BEHALF},
    {"on behalf, extension",  "alice@example.org", "boss+x@example.org",      SENDER_ON_BEHALF},
    {"given",                 "alice@example.org", "press@elsewhere.example", SENDER_FULL     },
    {"given by domain",       "bob@example.org",   "x@lists.example",         SENDER_FULL     },
    {"given to another",      "alice@example.org", "x@lists.example",         SENDER_NONE     },
    {"no subdomain of given", "bob@example.org",   "x@a.lists.example",       SENDER_NONE     },
    {"given, switched off",   "zoe@example.org",   "boss@example.org",        SENDER_NONE     },
    {"nobody's",              "bob@example.org",   "nobody@example.org",      SENDER_NONE     },
};

static void test_right(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    enum sender_right right;

    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        unit_row(rights[i].name);
        assert_int_equal(sender_find_right(store, text_from_string(rights[i].user),
                             text_from_string(rights[i].address), ground->arena, &right),
            ERR_NONE);
        assert_int_equal(right, rights[i].right);
    }
    assert_int_equal(sender_find_right(store, TEXT("nobody@example.org"), TEXT("bob@example.org"),
                         ground->arena, &right),
        ERR_ABSENT);
    /* One right on behalf and a full one for the whole domain: the better counts. */
    assert_int_equal(give(store, "alice@example.org", "@example.org", false), ERR_NONE);
    assert_int_equal(sender_find_right(store, TEXT("alice@example.org"), TEXT("boss@example.org"),
                         ground->arena, &right),
        ERR_NONE);
    assert_int_equal(right, SENDER_FULL);
}

static void test_addresses(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct sender_list list;

    assert_int_equal(
        sender_list_addresses(store, TEXT("bob@example.org"), ANY, ground->arena, &list), ERR_NONE);
    assert_string_equal(join(ground, &list), "bob@example.org @lists.example @shop.example "
                                             "team@example.org info@example.org");
    assert_int_equal(
        sender_list_addresses(store, TEXT("bob@example.org"), 2, ground->arena, &list), ERR_NONE);
    assert_string_equal(join(ground, &list), "bob@example.org @lists.example");
    assert_int_equal(
        sender_list_addresses(store, TEXT("nobody"), ANY, ground->arena, &list), ERR_ABSENT);
}

/* An alias to very many: it ends, with a word. */
static void test_too_many(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct sender_list list;

    store_close(&ground->store);
    ground_run(ground, "directory/directory.db",
        "INSERT INTO mail_user (domain_id, local_part, created) WITH RECURSIVE n (i) AS"
        " (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
        " SELECT 1, 'u' || i, 0 FROM n;"
        "INSERT INTO alias_target (alias_id, position, target)"
        " SELECT a.id, u.id, u.local_part || '@example.org' FROM alias a, mail_user u"
        " WHERE a.local_part = 'team' AND u.local_part GLOB 'u[0-9]*'");
    store = ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(sender_list(store, TEXT("info@example.org"), ground->arena, &list), ERR_LIMIT);
}

/* --- rights as they were given --- */

static const struct {
    const char *name, *user, *address;
    enum err err;
    const char *words;
} refusals[] = {
    {"there already", "bob@example.org",    "@lists.example", ERR_EXISTS, "has a right"},
    {"no such user",  "nobody@example.org", "a@b.example",    ERR_ABSENT, "no user"    },
    {"no user",       "nobody",             "a@b.example",    ERR_ABSENT, "no user"    },
};

static void test_given(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct send_as_list list;

    assert_int_equal(send_as_list(store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 4);
    assert_text_equal(list.items[0].user, "alice@example.org");
    assert_text_equal(list.items[0].address, "boss@example.org");
    assert_true(list.items[0].on_behalf);
    assert_int_equal(list.items[0].created, 7);
    assert_int_equal(send_as_list(store, TEXT("bob@example.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        unit_row(refusals[i].name);
        assert_int_equal(
            give(store, refusals[i].user, refusals[i].address, false), refusals[i].err);
        assert_failure_says(store, refusals[i].err, refusals[i].words);
    }
    assert_int_equal(
        send_as_delete(store, TEXT("bob@example.org"), TEXT("@lists.example")), ERR_NONE);
    assert_int_equal(
        send_as_delete(store, TEXT("bob@example.org"), TEXT("@lists.example")), ERR_ABSENT);
    /* A user takes the rights along. */
    assert_int_equal(user_delete(store, TEXT("alice@example.org")), ERR_NONE);
    assert_int_equal(send_as_list(store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(
    TEST(test_list), TEST(test_right), TEST(test_addresses), TEST(test_too_many), TEST(test_given))
