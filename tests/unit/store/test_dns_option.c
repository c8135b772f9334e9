/* SPDX-License-Identifier: MIT */

/* What is kept of a domain's DNS options. */

#include "lib/store/dns-option.h"

#include "lib/store/domain.h"
#include "tests/unit/store/ground.h"

static void assert_kept(struct ground *ground, const char *const *words)
{
    struct dns_option_list list;
    size_t count = 0;

    assert_int_equal(
        dns_option_list(ground->store, TEXT("example.org"), ground->arena, &list), ERR_NONE);
    for (; words[2 * count] != NULL; count++) {
        assert_true(count < list.count);
        assert_text_equal(list.items[count].name, words[2 * count]);
        assert_text_equal(list.items[count].value, words[2 * count + 1]);
    }
    assert_int_equal(list.count, count);
}

static void test_set(void **state)
{
    struct ground *ground = *state;
    const struct text two[] = {TEXT("192.0.2.2"), TEXT("192.0.2.1")}, one[] = {TEXT("60")};
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    struct dns_option_list list;

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.net"), 1), ERR_NONE);
    assert_kept(ground, (const char *const[]){NULL});
    assert_int_equal(dns_option_set(store, TEXT("example.org"), TEXT("ttl"), one, 1), ERR_NONE);
    assert_int_equal(dns_option_set(store, TEXT("example.org"), TEXT("address"), two, 2), ERR_NONE);
    assert_kept(ground,
        (const char *const[]){"address", "192.0.2.2", "address", "192.0.2.1", "ttl", "60", NULL});
    /* In place of what was there, of that name and that domain alone. */
    assert_int_equal(
        dns_option_set(store, TEXT("example.org"), TEXT("address"), two + 1, 1), ERR_NONE);
    assert_int_equal(dns_option_set(store, TEXT("example.net"), TEXT("ttl"), NULL, 0), ERR_NONE);
    assert_kept(ground, (const char *const[]){"address", "192.0.2.1", "ttl", "60", NULL});
    assert_int_equal(
        dns_option_set(store, TEXT("example.org"), TEXT("address"), NULL, 0), ERR_NONE);
    assert_kept(ground, (const char *const[]){"ttl", "60", NULL});
    assert_int_equal(dns_option_list(store, TEXT("example.net"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

static void test_domain(void **state)
{
    struct ground *ground = *state;
    const struct text one[] = {TEXT("60")};
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    assert_int_equal(dns_option_set(store, TEXT("example.org"), TEXT("ttl"), one, 1), ERR_ABSENT);
    assert_failure_says(store, ERR_ABSENT, "no domain example.org");
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(dns_option_set(store, TEXT("example.org"), TEXT("ttl"), one, 1), ERR_NONE);
    /* With the domain goes what was kept for it. */
    assert_int_equal(domain_delete(store, TEXT("example.org"), false), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_kept(ground, (const char *const[]){NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_set), TEST(test_domain))
