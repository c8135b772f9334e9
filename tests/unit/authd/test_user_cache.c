/* SPDX-License-Identifier: MIT */
#include "authd/user-cache.h"

#include "tests/unit/unit.h"

static const struct user alice = {
    .address = {"alice@example.org", 17},
    .local_part = {"alice",             5 },
    .domain = {"example.org",       11},
    .display_name = {"Alice",             5 },
    .quota_bytes = 7,
    .enabled = true,
    .domain_enabled = true,
};

static bool knows(const struct user_cache *cache, const char *address)
{
    struct arena *arena = arena_new();
    struct user user;
    bool found = user_cache_get(cache, text_from_string(address), arena, &user);

    arena_free(&arena);
    return found;
}

static void put(struct user_cache *cache, const char *address)
{
    struct user user = alice;

    user.address = text_from_string(address);
    user_cache_put(cache, user.address, &user);
}

/* Nothing of what is found lies in the cache, or in what it was given. */
static void test_copies(void **state)
{
    struct user_cache *cache = user_cache_new(2);
    struct arena *arena = arena_new();
    char name[] = "alice@example.org";
    struct user user = alice;

    (void)state;
    user.address = text_from_string(name);
    user_cache_put(cache, user.address, &user);
    memset(name, 'x', sizeof name - 1);
    assert_true(user_cache_get(cache, alice.address, arena, &user));
    user_cache_free(&cache);
    assert_text_equal(user.address, "alice@example.org");
    assert_text_equal(user.local_part, "alice");
    assert_text_equal(user.domain, "example.org");
    assert_text_equal(user.display_name, "Alice");
    assert_int_equal(user.quota_bytes, 7);
    assert_true(user.enabled && user.domain_enabled);
    arena_free(&arena);
}

static void test_absent(void **state)
{
    struct user_cache *cache = user_cache_new(2);

    (void)state;
    assert_false(knows(cache, "alice@example.org"));
    put(cache, "alice@example.org");
    assert_true(knows(cache, "alice@example.org"));
    assert_false(knows(cache, "alice@example.or"));
    user_cache_clear(cache);
    assert_false(knows(cache, "alice@example.org"));
    user_cache_free(&cache);
    user_cache_free(&cache);
}

static void test_full(void **state)
{
    struct user_cache *cache = user_cache_new(2);

    (void)state;
    put(cache, "a@example.org");
    put(cache, "b@example.org");
    put(cache, "c@example.org");
    assert_false(knows(cache, "a@example.org"));
    assert_true(knows(cache, "c@example.org"));
    user_cache_free(&cache);
}

UNIT_MAIN(cmocka_unit_test(test_copies), cmocka_unit_test(test_absent), cmocka_unit_test(test_full))
