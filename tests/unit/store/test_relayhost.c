/* SPDX-License-Identifier: MIT */

/* Hosts of senders, and the passwords for them. */

#include "lib/store/relayhost.h"

#include "tests/unit/store/ground.h"

static void put(struct store *store, const char *sender, const char *login, const char *password)
{
    const struct relayhost relayhost = {.sender = text_from_string(sender),
        .host = TEXT("[a.example]:587"),
        .login = text_from_string(login),
        .password = text_from_string(password)};

    assert_int_equal(relayhost_set(store, &relayhost, 5), ERR_NONE);
}

static void test_set(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct relayhost found;

    put(store, "ann@a.org", "ann", "first");
    put(store, "ann@a.org", "annie", "second");
    assert_int_equal(relayhost_find(store, TEXT("ann@a.org"), ground->arena, &found), ERR_NONE);
    assert_text_equal(found.login, "annie");
    assert_text_equal(found.password, "second");
    assert_text_equal(found.host, "[a.example]:587");
    assert_int_equal(relayhost_find(store, TEXT("@a.org"), ground->arena, &found), ERR_ABSENT);
}

/* A login and a password go together. */
static void test_half(void **state)
{
    struct store *store = ground_open(*state, STORE_CREDENTIALS);
    const struct relayhost half = {.sender = TEXT("ann@a.org"),
        .host = TEXT("[a.example]:587"),
        .login = TEXT("ann"),
        .password = TEXT("")};

    assert_int_not_equal(relayhost_set(store, &half, 5), ERR_NONE);
}

static void test_list(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct relayhost_list list;

    put(store, "bob@a.org", "", "");
    put(store, "@a.org", "x", "secret");
    assert_int_equal(relayhost_list(store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_text_equal(list.items[0].sender, "@a.org");
    assert_int_equal(list.items[0].password.len, 0);
    assert_text_equal(list.items[1].sender, "bob@a.org");
}

static void test_delete(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct relayhost_list list;

    put(store, "ann@a.org", "x", "secret");
    put(store, "@a.org", "x", "secret");
    put(store, "ann@b.a.org", "x", "secret");
    put(store, "bob@a.org", "x", "secret");
    assert_int_equal(relayhost_delete(store, TEXT("bob@a.org")), ERR_NONE);
    assert_int_equal(relayhost_delete(store, TEXT("bob@a.org")), ERR_ABSENT);
    assert_int_equal(relayhost_forget_domain(store, TEXT("a.org")), ERR_NONE);
    assert_int_equal(relayhost_forget_domain(store, TEXT("a.org")), ERR_NONE);
    assert_int_equal(relayhost_list(store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_text_equal(list.items[0].sender, "ann@b.a.org");
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)
UNIT_MAIN(ROW(test_set), ROW(test_half), ROW(test_list), ROW(test_delete))
