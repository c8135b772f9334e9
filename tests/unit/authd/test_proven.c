/* SPDX-License-Identifier: MIT */
#include "authd/proven.h"

#include "lib/base/clock.h"
#include "tests/unit/unit.h"

#define LIFETIME_MS 1000
#define MARKS 16

static struct proven_mark password_mark(
    const struct proven *proven, const char *address, const char *hash, const char *password)
{
    struct proven_mark mark;

    proven_mark_password(proven, text_from_string(address), text_from_string(hash),
        text_from_string(password), &mark);
    return mark;
}

static struct proven_mark network_mark(
    const struct proven *proven, const char *address, const char *network)
{
    struct ip_network parsed;
    struct proven_mark mark;

    assert_true(ip_network_parse(text_from_string(network), &parsed));
    proven_mark_network(proven, text_from_string(address), &parsed, &mark);
    return mark;
}

/* One mark for each password, and no other asks for it. */
static void test_marks(void **state)
{
    struct proven *proven = proven_new(MARKS, LIFETIME_MS), *other = proven_new(MARKS, LIFETIME_MS);
    const struct proven_mark all[] = {
        password_mark(proven, "a@x", "hash", "secret"),
        password_mark(proven, "a@x", "hash", "Secret"),
        password_mark(proven, "a@x", "hash", ""),
        password_mark(proven, "a@x", "hush", "secret"),
        password_mark(proven, "b@x", "hash", "secret"),
        password_mark(proven, "a@xh", "ash", "secret"),
        password_mark(proven, "a@x", "hashs", "ecret"),
        password_mark(proven, "", "", ""),
        network_mark(proven, "a@x", "192.0.2.0/24"),
        network_mark(proven, "a@x", "192.0.3.0/24"),
        network_mark(proven, "a@x", "192.0.2.0/25"),
        network_mark(proven, "b@x", "192.0.2.0/24"),
        network_mark(proven, "a@x", "2001:db8::/64"),
        password_mark(proven, "a@x", "192.0.2.0/24", ""),
        password_mark(other, "a@x", "hash", "secret"),
    };
    struct proven_mark again = password_mark(proven, "a@x", "hash", "secret");

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&all[i], &all[j], sizeof all[i]);
    assert_memory_equal(&again, &all[0], sizeof again);
    proven_free(&other);
    proven_free(&proven);
}

static void test_lifetime(void **state)
{
    struct proven *proven = proven_new(MARKS, LIFETIME_MS);
    struct proven_mark one = password_mark(proven, "a@x", "hash", "secret");
    struct proven_mark other = password_mark(proven, "a@x", "hash", "wrong");

    (void)state;
    clock_test_set(0, 0);
    assert_false(proven_has(proven, &one));
    proven_note(proven, &one);
    assert_true(proven_has(proven, &one));
    assert_false(proven_has(proven, &other));
    clock_test_set(0, LIFETIME_MS - 1);
    assert_true(proven_has(proven, &one));
    clock_test_set(0, LIFETIME_MS);
    assert_false(proven_has(proven, &one));
    proven_note(proven, &one);
    assert_true(proven_has(proven, &one));
    proven_set_lifetime(proven, 0);
    assert_false(proven_has(proven, &one));
    proven_note(proven, &one);
    assert_false(proven_has(proven, &one));
    proven_set_lifetime(proven, LIFETIME_MS);
    assert_true(proven_has(proven, &one));
    clock_test_release();
    proven_free(&proven);
    proven_free(&proven);
}

/* The oldest of a row makes room; one that is noted again is not the oldest. */
static void test_room(void **state)
{
    struct proven *proven = proven_new(1, LIFETIME_MS);
    struct proven_mark marks[9];
    char name[2] = "a";

    (void)state;
    for (size_t i = 0; i < 9; i++, name[0]++)
        marks[i] = password_mark(proven, name, "hash", "secret");
    for (size_t i = 0; i < 8; i++) {
        clock_test_set(0, 1 + (int64_t)i);
        proven_note(proven, &marks[i]);
    }
    clock_test_set(0, 9);
    proven_note(proven, &marks[0]);
    for (size_t i = 0; i < 8; i++)
        assert_true(proven_has(proven, &marks[i]));
    clock_test_set(0, 10);
    proven_note(proven, &marks[8]);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(proven_has(proven, &marks[i]), i != 1);
    clock_test_release();
    proven_free(&proven);
}

UNIT_MAIN(
    cmocka_unit_test(test_marks), cmocka_unit_test(test_lifetime), cmocka_unit_test(test_room))
