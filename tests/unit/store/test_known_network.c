/* SPDX-License-Identifier: MIT */

/* From where accounts are used. */

#include "lib/store/known-network.h"

#include "tests/unit/store/ground.h"

#define FILE_NAME "guard/guard.db"
#define NOW 1800000000

static void note(struct store *store, const char *address, const char *network, int64_t at)
{
    const struct known_network used = {
        .address = text_from_string(address),
        .network = text_from_string(network),
        .first = at,
        .last = at,
        .service = TEXT("imap"),
        .app_password = at % 10,
    };

    assert_int_equal(known_network_note(store, &used), ERR_NONE);
}

static int64_t last_of(struct store *store, const char *address, const char *network)
{
    int64_t last = 0;
    enum err err =
        known_network_last(store, text_from_string(address), text_from_string(network), &last);

    assert_true(err == ERR_NONE || err == ERR_ABSENT);
    return err == ERR_NONE ? last : -1;
}

static void test_note(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_GUARD);

    assert_int_equal(last_of(store, "alice@example.org", "192.0.2.0/24"), -1);
    note(store, "alice@example.org", "192.0.2.0/24", NOW);
    note(store, "alice@example.org", "192.0.2.0/24", NOW + 7);
    assert_int_equal(last_of(store, "alice@example.org", "192.0.2.0/24"), NOW + 7);
    assert_int_equal(last_of(store, "bob@example.org", "192.0.2.0/24"), -1);
    assert_int_equal(last_of(store, "alice@example.org", "192.0.3.0/24"), -1);
    /* The first time stays, and the rest is of the last one. */
    assert_int_equal(ground_ask(ground, FILE_NAME,
                         "SELECT count(*) FROM known_network WHERE first = 1800000000"
                         " AND app_password = 7 AND service = 'imap'"),
        1);
    /* One that waited longer than another does not put it back. */
    note(store, "alice@example.org", "192.0.2.0/24", NOW + 3);
    assert_int_equal(last_of(store, "alice@example.org", "192.0.2.0/24"), NOW + 7);
}

static void test_bound(void **state)
{
    struct store *store = ground_open(*state, STORE_GUARD);
    char network[40];

    note(store, "bob@example.org", "192.0.2.0/24", NOW - 1);
    for (int i = 0; i <= KNOWN_NETWORKS_MAX; i++) {
        snprintf(network, sizeof network, "10.0.%d.0/24", i);
        note(store, "alice@example.org", network, NOW + i);
    }
    assert_int_equal(last_of(store, "alice@example.org", "10.0.0.0/24"), -1);
    assert_int_equal(last_of(store, "alice@example.org", "10.0.1.0/24"), NOW + 1);
    assert_int_equal(last_of(store, "alice@example.org", network), NOW + KNOWN_NETWORKS_MAX);
    assert_int_equal(last_of(store, "bob@example.org", "192.0.2.0/24"), NOW - 1);
}

static void test_expire(void **state)
{
    struct store *store = ground_open(*state, STORE_GUARD);
    int64_t count;

    note(store, "alice@example.org", "192.0.2.0/24", NOW);
    note(store, "bob@example.org", "192.0.2.0/24", NOW + 1);
    note(store, "bob@example.org", "192.0.3.0/24", NOW + 2);
    assert_int_equal(known_network_expire(store, NOW + 2, 1, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(last_of(store, "alice@example.org", "192.0.2.0/24"), -1);
    assert_int_equal(known_network_expire(store, NOW + 2, 10, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(last_of(store, "bob@example.org", "192.0.3.0/24"), NOW + 2);
}

/* What a clock wrote that was far ahead gives way; what two hosts write at nearly a time does not.
 */
static void test_clock_ahead(void **state)
{
    struct store *store = ground_open(*state, STORE_GUARD);

    note(store, "alice@example.org", "192.0.2.0/24", NOW + KNOWN_NETWORK_AHEAD_SECONDS);
    note(store, "alice@example.org", "192.0.2.0/24", NOW);
    assert_int_equal(
        last_of(store, "alice@example.org", "192.0.2.0/24"), NOW + KNOWN_NETWORK_AHEAD_SECONDS);
    note(store, "alice@example.org", "192.0.2.0/24", NOW + KNOWN_NETWORK_AHEAD_SECONDS + 1);
    note(store, "alice@example.org", "192.0.2.0/24", NOW);
    assert_int_equal(last_of(store, "alice@example.org", "192.0.2.0/24"), NOW);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_note), TEST(test_bound), TEST(test_expire), TEST(test_clock_ahead))
