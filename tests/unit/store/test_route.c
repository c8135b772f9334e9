/* SPDX-License-Identifier: MIT */

/* Where mail to an address goes. */

#include "lib/store/route.h"

#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

static void add_user(struct store *store, const char *local_part, const char *domain)
{
    const struct user user = {
        .local_part = text_from_string(local_part), .domain = text_from_string(domain)};

    assert_int_equal(user_add(store, &user, 1), ERR_NONE);
}

static void add_alias(
    struct store *store, const char *address, bool enabled, const char *first, const char *second)
{
    const struct text targets[] = {text_from_string(first), text_from_string(second)};
    const struct alias alias = {.address = text_from_string(address),
        .targets = targets,
        .target_count = second != NULL ? 2 : 1,
        .enabled = enabled};

    assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
}

static struct store *populate(struct ground *ground)
{
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("all.example"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("closed.example"), 1), ERR_NONE);
    ground_run(ground, "directory/directory.db",
        "UPDATE domain SET enabled = 0 WHERE name = 'closed.example'");
    add_user(store, "alice", "example.org");
    add_user(store, "plus+sign", "example.org");
    add_user(store, "zed", "all.example");
    add_alias(store, "info@example.org", true, "alice@example.org", NULL);
    add_alias(store, "away@example.org", true, "Ann@Elsewhere.Example", NULL);
    add_alias(store, "both@example.org", true, "alice@example.org", "bob@elsewhere.example");
    add_alias(store, "far@example.org", true, "info@example.org", "hop@example.org");
    add_alias(store, "hop@example.org", true, "AWAY+x@Example.Org", NULL);
    add_alias(store, "round@example.org", true, "about@example.org", NULL);
    add_alias(store, "about@example.org", true, "round@example.org", NULL);
    add_alias(store, "self@example.org", true, "self@example.org", "alice@example.org");
    add_alias(store, "off@example.org", false, "bob@elsewhere.example", NULL);
    add_alias(store, "here@example.org", true, "root@localhost", "root@mail.example.org");
    add_alias(store, "shut@example.org", true, "x@closed.example", NULL);
    add_alias(store, "@all.example", true, "carl@third.example", NULL);
    return store;
}

static const struct {
    const char *name, *address;
    const char *outside; /* NULL: all of it stays */
} rows[] = {
    {"a user",                       "alice@example.org",     NULL                   },
    {"with an extension",            "alice+x@example.org",   NULL                   },
    {"nobody",                       "nobody@example.org",    NULL                   },
    {"an alias to a user",           "info@example.org",      NULL                   },
    {"an alias elsewhere",           "away@example.org",      "ann@elsewhere.example"},
    {"with an extension, elsewhere", "away+x@example.org",    "ann@elsewhere.example"},
    {"here and elsewhere",           "both@example.org",      "bob@elsewhere.example"},
    {"over aliases",                 "far@example.org",       "ann@elsewhere.example"},
    {"in a circle",                  "round@example.org",     NULL                   },
    {"to itself",                    "self@example.org",      NULL                   },
    {"switched off",                 "off@example.org",       NULL                   },
    {"to this host",                 "here@example.org",      NULL                   },
    {"to a domain that is off",      "shut@example.org",      "x@closed.example"     },
    {"a user before the catch-all",  "zed@all.example",       NULL                   },
    {"by the catch-all",             "nobody@all.example",    "carl@third.example"   },
    {"elsewhere already",            "ann@elsewhere.example", "ann@elsewhere.example"},
};

static void test_outside(void **state)
{
    static const struct text own[] = {
        {"localhost",        9 },
        {"MAIL.example.org", 16},
    };
    static const struct route_rules rules = {
        own, 2, {NULL, 0}
    };
    struct ground *ground = *state;
    struct store *store = populate(ground);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text target = TEXT("untouched");
        struct route_walk *walk = route_walk_new(store, &rules);
        enum err err = route_walk_outside(walk, text_from_string(rows[i].address), &target);

        unit_row(rows[i].name);
        assert_int_equal(err, rows[i].outside != NULL ? ERR_NONE : ERR_ABSENT);
        assert_text_equal(target, rows[i].outside != NULL ? rows[i].outside : "untouched");
        route_walk_free(&walk);
    }
}

static void test_find(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct alias alias = {.target_count = 7};

    assert_int_equal(
        route_find(store, TEXT("nobody@example.org"), ground->arena, &alias), ERR_ABSENT);
    assert_int_equal(alias.target_count, 7);
    assert_int_equal(
        route_find(store, TEXT("alice+x@example.org"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(alias.target_count, 0);
    assert_int_equal(route_find(store, TEXT("@all.example"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(alias.target_count, 1);
    assert_int_equal(route_find(store, TEXT("@example.org"), ground->arena, &alias), ERR_ABSENT);
}

static const struct {
    const char *name, *address;
    char delimiter;
    const char *bare; /* NULL: there is no extension */
} extensions[] = {
    {"the usual one",                "joe+x@example.org",         '+',                  "joe@example.org"       },
    {"the first of several",         "joe+x+y@example.org",       '+',                  "joe@example.org"       },
    {"another one",                  "joe-x+y@example.org",       '-',                  "joe@example.org"       },
    {"of the other kind",            "joe-x@example.org",         '+',                  NULL                    },
    {"none at all",                  "joe+x@example.org",         MAILBOX_NO_DELIMITER, NULL                    },
    {"nothing before it",            "+x@example.org",            '+',                  NULL                    },
    {"nothing behind it",            "joe+@example.org",          '+',                  "joe@example.org"       },
    {"in the domain",                "joe@ex-ample.org",          '-',                  NULL                    },
    {"who owns a list",              "owner-list@example.org",    '-',                  NULL                    },
    {"its name in capitals",         "Owner-list@example.org",    '-',                  NULL                    },
    {"who looks after a list",       "list-request@example.org",  '-',                  NULL                    },
    {"such a name by the usual one", "owner-list+x@example.org",  '+',                  "owner-list@example.org"},
    {"the mail system",              "mailer-daemon@example.org", '-',                  NULL                    },
    {"the mail system again",        "double-bounce@example.org", '-',                  NULL                    },
};

static void test_extensions(void **state)
{
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        struct text bare = TEXT_NONE;

        unit_row(extensions[i].name);
        assert_int_equal(mailbox_strip_extension(text_from_string(extensions[i].address),
                             extensions[i].delimiter, ground->arena, &bare),
            extensions[i].bare != NULL);
        if (extensions[i].bare != NULL)
            assert_text_equal(bare, extensions[i].bare);
    }
}

static enum err outcome(struct ground *ground, struct store *store, const char *address)
{
    struct alias alias;

    return route_find(store, text_from_string(address), ground->arena, &alias);
}

/* A store goes by the one that it was told, and by no other. */
static void test_delimiter(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    assert_int_equal(outcome(ground, store, "alice+x@example.org"), ERR_NONE);
    assert_int_equal(outcome(ground, store, "alice-x@example.org"), ERR_ABSENT);
    store_set_delimiter(store, '-');
    assert_int_equal(outcome(ground, store, "alice+x@example.org"), ERR_ABSENT);
    assert_int_equal(outcome(ground, store, "alice-x@example.org"), ERR_NONE);
    store_set_delimiter(store, MAILBOX_NO_DELIMITER);
    assert_int_equal(outcome(ground, store, "alice-x@example.org"), ERR_ABSENT);
    assert_int_equal(outcome(ground, store, "plus+sign@example.org"), ERR_NONE);
}

static const struct {
    const char *name, *receiver, *address;
    const char *target; /* NULL: nobody */
} roles[] = {
    {"postmaster",                        "op@elsewhere.example",   "postmaster@example.org",       "op@elsewhere.example"},
    {"abuse",                             "op@elsewhere.example",   "abuse@example.org",            "op@elsewhere.example"},
    {"no setting",                        "",                       "postmaster@example.org",       NULL                  },
    {"another name",                      "op@elsewhere.example",   "hostmaster@example.org",       NULL                  },
    {"with an extension",                 "op@elsewhere.example",   "postmaster+x@example.org",     NULL                  },
    {"where a catch-all takes it",        "op@elsewhere.example",   "postmaster@all.example",
     "carl@third.example"                                                                                                 },
    {"of a relay",                        "op@elsewhere.example",   "postmaster@relay.example",     NULL                  },
    {"elsewhere",                         "op@elsewhere.example",   "postmaster@elsewhere.example", NULL                  },
    {"one of ours",                       "Alice@Example.org",      "abuse@example.org",            "Alice@Example.org"   },
    {"itself",                            "Postmaster@Example.org", "postmaster@example.org",       NULL                  },
    {"the other, which leads no further", "Postmaster@Example.org", "abuse@example.org",
     "Postmaster@Example.org"                                                                                             },
    {"leads back",                        "chief@example.org",      "postmaster@example.org",       NULL                  },
    {"leads back, but not to this one",   "chief@example.org",      "abuse@example.org",
     "chief@example.org"                                                                                                  },
};

static void test_roles(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    assert_int_equal(domain_add(store, TEXT("relay.example"), 1), ERR_NONE);
    ground_run(ground, "directory/directory.db",
        "UPDATE domain SET kind = 'relay' WHERE name = 'relay.example'");
    add_alias(store, "chief@example.org", true, "POSTMASTER@Example.org", NULL);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        struct alias alias = {.target_count = 0};
        enum err err = route_find_or_role(store, text_from_string(roles[i].receiver),
            text_from_string(roles[i].address), ground->arena, &alias);

        unit_row(roles[i].name);
        assert_int_equal(err, roles[i].target != NULL ? ERR_NONE : ERR_ABSENT);
        if (roles[i].target == NULL)
            continue;
        assert_int_equal(alias.target_count, 1);
        assert_text_equal(alias.targets[0], roles[i].target);
    }
}

/* What goes to the receiver is forwarded where he is elsewhere. */
static void test_role_outside(void **state)
{
    static const struct route_rules rules = {
        NULL, 0, {"op@elsewhere.example", 20}
    };
    struct ground *ground = *state;
    struct route_walk *walk = route_walk_new(populate(ground), &rules);
    struct text target;

    assert_int_equal(route_walk_outside(walk, TEXT("abuse@example.org"), &target), ERR_NONE);
    assert_text_equal(target, "op@elsewhere.example");
    route_walk_free(&walk);
}

static enum err walk_from(struct store *store, const char *address)
{
    static const struct route_rules rules = {
        NULL, 0, {NULL, 0}
    };
    struct route_walk *walk = route_walk_new(store, &rules);
    struct text target;
    enum err err = route_walk_outside(walk, text_from_string(address), &target);

    route_walk_free(&walk);
    return err;
}

/* What cannot be read is not "stays here". */
static void test_failure(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    ground_run(ground, "directory/directory.db", "ALTER TABLE alias RENAME TO gone");
    assert_int_not_equal(walk_from(store, "away@example.org"), ERR_ABSENT);
}

/* n0 leads to n1, and so on; the last one leads elsewhere. */
static void add_chain(struct store *store, int last)
{
    store_begin(store);
    for (int i = 0; i <= last; i++) {
        char from[40], to[40];

        snprintf(from, sizeof from, "n%d@example.org", i);
        snprintf(to, sizeof to, "n%d@%s", i + 1, i == last ? "elsewhere.example" : "example.org");
        add_alias(store, from, true, to, NULL);
    }
    assert_int_equal(store_commit(store, NULL), ERR_NONE);
}

static void test_many(void **state)
{
    struct store *store = populate(*state);

    add_chain(store, ROUTE_ADDRESSES_MAX + 9);
    assert_int_equal(walk_from(store, "n11@example.org"), ERR_NONE);
    assert_int_equal(walk_from(store, "n10@example.org"), ERR_LIMIT);
}

/* Whatever many recipients have in common is looked at once. */
static void test_together(void **state)
{
    static const struct route_rules rules = {
        NULL, 0, {NULL, 0}
    };
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct route_walk *walk = route_walk_new(store, &rules);
    struct text target;

    assert_int_equal(route_walk_outside(walk, TEXT("info@example.org"), &target), ERR_ABSENT);
    ground_run(ground, "directory/directory.db", "ALTER TABLE alias RENAME TO gone");
    for (int i = 0; i <= ROUTE_ADDRESSES_MAX; i++)
        assert_int_equal(route_walk_outside(walk, TEXT("Info@example.org"), &target), ERR_ABSENT);
    assert_int_equal(route_walk_outside(walk, TEXT("alice@example.org"), &target), ERR_ABSENT);
    assert_int_not_equal(route_walk_outside(walk, TEXT("hop@example.org"), &target), ERR_ABSENT);
    route_walk_free(&walk);
    route_walk_free(&walk);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)

UNIT_MAIN(TEST(test_outside), TEST(test_find), TEST(test_extensions), TEST(test_delimiter),
    TEST(test_roles), TEST(test_role_outside), TEST(test_failure), TEST(test_many),
    TEST(test_together))
