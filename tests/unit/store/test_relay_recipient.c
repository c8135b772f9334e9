/* SPDX-License-Identifier: MIT */

/* Lists of who there is in domains whose mail is passed on. */

#include "lib/store/relay-recipient.h"

#include "lib/store/domain.h"
#include "tests/unit/store/ground.h"

/* relay.org has a list, open.org none; home.org is no relay. */
static void populate(struct ground *ground)
{
    static const char *const relays[] = {"relay.org", "open.org"};
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    for (size_t i = 0; i < sizeof relays / sizeof *relays; i++) {
        struct domain domain = {
            .name = text_from_string(relays[i]), .kind = DOMAIN_RELAY, .enabled = true};

        assert_int_equal(domain_add(store, domain.name, 1), ERR_NONE);
        assert_int_equal(domain_update(store, &domain), ERR_NONE);
    }
    assert_int_equal(domain_add(store, TEXT("home.org"), 1), ERR_NONE);
    assert_int_equal(relay_recipient_add(store, TEXT("joe@relay.org"), 7), ERR_NONE);
    assert_int_equal(relay_recipient_add(store, TEXT("joe.x@relay.org"), 8), ERR_NONE);
}

static void test_add(void **state)
{
    static const struct {
        const char *address;
        enum err err;
    } rows[] = {
        {"ann@relay.org",   ERR_NONE   },
        {"joe@relay.org",   ERR_EXISTS },
        {"joe@home.org",    ERR_REFUSED},
        {"joe@nowhere.org", ERR_ABSENT },
    };
    struct ground *ground = *state;

    populate(ground);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].address);
        assert_int_equal(
            relay_recipient_add(ground->store, text_from_string(rows[i].address), 9), rows[i].err);
    }
}

static void test_accepts(void **state)
{
    static const struct {
        const char *address;
        enum err err;
    } rows[] = {
        {"joe@relay.org",   ERR_NONE  },
        {"joe.x@relay.org", ERR_NONE  },
        {"ann@relay.org",   ERR_ABSENT},
        {"@relay.org",      ERR_ABSENT},
        {"ann@open.org",    ERR_NONE  },
        {"@open.org",       ERR_NONE  },
        {"joe@nowhere.org", ERR_ABSENT},
    };
    struct ground *ground = *state;

    populate(ground);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].address);
        assert_int_equal(
            relay_recipient_accepts(ground->store, text_from_string(rows[i].address)), rows[i].err);
    }
}

/* By the address, as it is written: that is what a declared list is compared with. */
static void test_list(void **state)
{
    struct ground *ground = *state;
    struct relay_recipient_list list;

    populate(ground);
    assert_int_equal(relay_recipient_list(ground->store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_text_equal(list.items[0].address, "joe.x@relay.org");
    assert_text_equal(list.items[1].address, "joe@relay.org");
    assert_int_equal(list.items[1].created, 7);
    assert_int_equal(
        relay_recipient_list(ground->store, TEXT("open.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

/* With the last one the list ends; with the domain all of it. */
static void test_end(void **state)
{
    struct ground *ground = *state;
    struct relay_recipient_list list;

    populate(ground);
    assert_int_equal(relay_recipient_find_any(ground->store, TEXT("relay.org")), ERR_NONE);
    assert_int_equal(relay_recipient_delete(ground->store, TEXT("joe@relay.org")), ERR_NONE);
    assert_int_equal(relay_recipient_delete(ground->store, TEXT("joe@relay.org")), ERR_ABSENT);
    assert_int_equal(relay_recipient_find_any(ground->store, TEXT("relay.org")), ERR_NONE);
    assert_int_equal(domain_delete(ground->store, TEXT("relay.org"), false), ERR_NONE);
    assert_int_equal(relay_recipient_find_any(ground->store, TEXT("relay.org")), ERR_ABSENT);
    assert_int_equal(relay_recipient_list(ground->store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)
UNIT_MAIN(ROW(test_add), ROW(test_accepts), ROW(test_list), ROW(test_end))
