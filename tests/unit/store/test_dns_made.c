/* SPDX-License-Identifier: MIT */

/* The records that mailctl knows to be its own. */

#include "lib/store/dns-made.h"

#include "lib/store/domain.h"
#include "tests/unit/store/ground.h"

static const struct dns_made records[] = {
    {{"b.example.org", 13}, {"TXT", 3}, {"one", 3}              },
    {{"a.example.org", 13}, {"TXT", 3}, {"two", 3}              },
    {{"a.example.org", 13}, {"MX", 2},  {"10 mail.example.", 16}},
    {{"a.example.org", 13}, {"MX", 2},  {"10 mail.example.", 16}},
};

static void test_replace(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    struct dns_made_list list;

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.net"), 1), ERR_NONE);
    assert_int_equal(dns_made_replace(store, TEXT("example.org"), records, 4), ERR_NONE);
    assert_int_equal(dns_made_replace(store, TEXT("example.net"), records, 1), ERR_NONE);
    assert_int_equal(dns_made_list(store, TEXT("example.org"), ground->arena, &list), ERR_NONE);
    /* In order, and the same record once. */
    assert_int_equal(list.count, 3);
    assert_text_equal(list.items[0].type, "MX");
    assert_text_equal(list.items[0].data, "10 mail.example.");
    assert_text_equal(list.items[1].data, "two");
    assert_text_equal(list.items[2].owner, "b.example.org");
    assert_int_equal(dns_made_replace(store, TEXT("example.org"), records + 1, 1), ERR_NONE);
    assert_int_equal(dns_made_list(store, TEXT("example.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_int_equal(dns_made_list(store, TEXT("example.net"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_int_equal(domain_delete(store, TEXT("example.org"), false), ERR_NONE);
    assert_int_equal(dns_made_list(store, TEXT("example.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_replace, ground_make, ground_remove))
