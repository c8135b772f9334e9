/* SPDX-License-Identifier: MIT */

/* What leads to an address, and how it is taken out. */

#include "lib/store/route-sources.h"

#include "lib/base/clock.h"
#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

static void add_domain(struct ground *ground, const char *name, const char *alias_of)
{
    struct domain domain;

    assert_int_equal(domain_add(ground->store, text_from_string(name), 1), ERR_NONE);
    if (alias_of == NULL)
        return;
    assert_int_equal(
        domain_find(ground->store, text_from_string(name), ground->arena, &domain), ERR_NONE);
    domain.kind = DOMAIN_ALIAS;
    domain.target = text_from_string(alias_of);
    assert_int_equal(domain_update(ground->store, &domain), ERR_NONE);
}

static void add_user(struct store *store, const char *local_part, const char *domain)
{
    const struct user user = {
        .local_part = text_from_string(local_part), .domain = text_from_string(domain)};

    assert_int_equal(user_add(store, &user, 1), ERR_NONE);
}

static void add_alias(
    struct store *store, const char *address, const char *first, const char *second)
{
    const struct text targets[] = {text_from_string(first), text_from_string(second)};
    const struct alias alias = {
        .address = text_from_string(address),
        .targets = targets,
        .target_count = second != NULL ? 2 : 1,
        .enabled = true,
    };

    assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
}

static void add_forward(struct store *store, const char *user, const char *target)
{
    const struct text targets[] = {text_from_string(target)};
    const struct forward forward = {targets, 1, true};

    assert_int_equal(forward_set(store, text_from_string(user), &forward), ERR_NONE);
}

static struct store *populate(struct ground *ground)
{
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    clock_test_set(1000, 0);
    add_domain(ground, "home.org", NULL);
    add_domain(ground, "twin.org", "home.org");
    add_domain(ground, "far.org", NULL);
    add_user(store, "bob", "home.org");
    add_user(store, "zed", "far.org");
    add_user(store, "amy", "far.org");
    add_alias(store, "plain@far.org", "bob@home.org", NULL);
    add_alias(store, "tag@far.org", "bob+x@home.org", "bob+y@home.org");
    add_alias(store, "twin@far.org", "bob@twin.org", "bob@home.org");
    add_alias(store, "twintag@far.org", "bob+x@twin.org", "amy@far.org");
    add_alias(store, "own@far.org", "bob+own@twin.org", NULL);
    add_alias(store, "bob+own@home.org", "amy@far.org", NULL);
    add_alias(store, "near@far.org", "bobby@home.org", "bob@far.org");
    add_alias(store, "loose@far.org", "who@twin.org", "who+x@home.org");
    add_alias(store, "inside@home.org", "bob@home.org", NULL);
    add_forward(store, "zed@far.org", "bob@twin.org");
    add_forward(store, "bob@home.org", "amy@far.org");
    return store;
}

static const char *join(struct arena *arena, const struct route_source_list *list)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < list->count; i++)
        joined = arena_print(arena, "%.*s%s%.*s>%.*s%s", TEXT_ARGS(joined), i == 0 ? "" : " ",
            TEXT_ARGS(list->items[i].address), TEXT_ARGS(list->items[i].target),
            list->items[i].is_user ? "!" : "");
    return arena_copy_string(arena, joined);
}

static const struct {
    const char *name, *place, *sources; /* "source>target", with "!" behind a user's */
} rows[] = {
    {"a user, by all that is like it", "bob@home.org",
     "plain@far.org>bob@home.org tag@far.org>bob+x@home.org tag@far.org>bob+y@home.org"
        " twin@far.org>bob@home.org twin@far.org>bob@twin.org twintag@far.org>bob+x@twin.org"
        " inside@home.org>bob@home.org zed@far.org>bob@twin.org!"                         },
    {"an address with an extension",   "bob+own@home.org", "own@far.org>bob+own@twin.org" },
    {"what users forward to",          "amy@far.org",
     "twintag@far.org>amy@far.org bob+own@home.org>amy@far.org bob@home.org>amy@far.org!" },
    {"nobody, as long as it is told",  "bob@far.org",      "near@far.org>bob@far.org"     },
    {"a catch-all",                    "@home.org",
     "loose@far.org>who+x@home.org loose@far.org>who@twin.org near@far.org>bobby@home.org"},
    {"another one",                    "@far.org",         "near@far.org>bob@far.org"     },
    {"somebody elsewhere",             "x@y.example",      ""                             },
};

static void test_place(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct route_source_list list = {NULL, 0};

        unit_row(rows[i].name);
        assert_int_equal(
            route_sources_find(store, text_from_string(rows[i].place), ground->arena, &list),
            ERR_NONE);
        assert_string_equal(join(ground->arena, &list), rows[i].sources);
    }
}

/* Whether the user is there does not matter: it is asked before the deletion and after. */
static void test_gone(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct route_source_list before = {NULL, 0}, after = {NULL, 0};

    assert_int_equal(
        route_sources_find(store, TEXT("bob@home.org"), ground->arena, &before), ERR_NONE);
    assert_int_equal(user_delete(store, TEXT("bob@home.org")), ERR_NONE);
    assert_int_equal(
        route_sources_find(store, TEXT("bob@home.org"), ground->arena, &after), ERR_NONE);
    assert_string_equal(join(ground->arena, &before), join(ground->arena, &after));
}

static void test_domain(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct route_source_list list = {NULL, 0};

    assert_int_equal(
        route_sources_find_domain(store, TEXT("twin.org"), ground->arena, &list), ERR_NONE);
    assert_string_equal(join(ground->arena, &list),
        "loose@far.org>who@twin.org own@far.org>bob+own@twin.org twin@far.org>bob@twin.org"
        " twintag@far.org>bob+x@twin.org zed@far.org>bob@twin.org!");
    assert_int_equal(
        route_sources_find_domain(store, TEXT("win.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
    /* Not what is in the domain itself. */
    assert_int_equal(
        route_sources_find_domain(store, TEXT("home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 6);
}

static void test_drop(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct route_source_list list = {NULL, 0};
    struct forward forward;
    struct alias alias;

    assert_int_equal(route_sources_drop(store, &list), ERR_NONE);
    assert_int_equal(
        route_sources_find(store, TEXT("bob@home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(route_sources_drop(store, &list), ERR_NONE);
    assert_int_equal(alias_find(store, TEXT("plain@far.org"), ground->arena, &alias), ERR_ABSENT);
    assert_int_equal(alias_find(store, TEXT("tag@far.org"), ground->arena, &alias), ERR_ABSENT);
    assert_int_equal(alias_find(store, TEXT("twintag@far.org"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(alias.target_count, 1);
    assert_text_equal(alias.targets[0], "amy@far.org");
    assert_int_equal(alias_find(store, TEXT("own@far.org"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(forward_find(store, TEXT("zed@far.org"), ground->arena, &forward), ERR_ABSENT);
    assert_int_equal(forward_find(store, TEXT("bob@home.org"), ground->arena, &forward), ERR_NONE);
    assert_int_equal(
        ground_ask(ground, "directory/directory.db", "SELECT count(*) FROM forward"), 1);
}

static void test_failure(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct route_source_list list = {NULL, 0};

    ground_run(ground, "directory/directory.db", "DROP TABLE forward_target");
    assert_true(route_sources_find(store, TEXT("bob@home.org"), ground->arena, &list) > ERR_ABSENT);
    assert_true(
        route_sources_find_domain(store, TEXT("twin.org"), ground->arena, &list) > ERR_ABSENT);
    assert_int_equal(list.count, 0);
}

static int leave(void **state)
{
    clock_test_release();
    return ground_remove(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, leave)

UNIT_MAIN(TEST(test_place), TEST(test_gone), TEST(test_domain), TEST(test_drop), TEST(test_failure))
