/* SPDX-License-Identifier: MIT */

/* What the guard has counted, as it is kept. */

#include "lib/store/guess.h"

#include "lib/base/buffer.h"
#include "tests/unit/store/ground.h"

#define FILE_NAME "guard/guard.db"
#define NOW 1800000000
#define KEY "00112233445566778899aabbccddeeff"
#define OTHER_KEY "ffeeddccbbaa99887766554433221100"

static void put(struct store *store, const char *account, uint32_t mark, int64_t at)
{
    const struct guess guess = {.count = TEXT("account"),
        .account = text_from_string(account),
        .network = TEXT(""),
        .mark = mark,
        .at = at};

    assert_int_equal(guess_put(store, &guess), ERR_NONE);
}

/* "mark@seconds account " of each. */
static void visit(void *context, const struct guess *guess)
{
    assert_true(text_equals(guess->count, TEXT("account")));
    assert_true(text_is_empty(guess->network));
    buffer_append_format(
        context, "%u@%d %.*s ", guess->mark, (int)(guess->at - NOW), TEXT_ARGS(guess->account));
}

static void expect(struct store *store, int64_t after, int64_t max, const char *expected)
{
    const struct guess_span span = {after, NOW + 10};
    struct buffer found = BUFFER_NONE;

    assert_int_equal(guess_list(store, &span, max, visit, &found), ERR_NONE);
    assert_string_equal(buffer_string(&found), expected);
    buffer_done(&found);
}

static void test_list(void **state)
{
    struct store *store = ground_open(*state, STORE_GUARD);

    expect(store, 0, 10, "");
    put(store, "a", 4000000000, NOW + 3);
    put(store, "b", 1, NOW + 1);
    put(store, "a", 1, NOW + 2);
    expect(store, 0, 10, "1@1 b 1@2 a 4000000000@3 a ");
    put(store, "b", 1, NOW + 4);
    expect(store, 0, 10, "1@2 a 4000000000@3 a 1@4 b ");
    expect(store, NOW + 2, 10, "4000000000@3 a 1@4 b ");
    expect(store, 0, 1, "1@4 b ");
    put(store, "a", 2, NOW + 11); /* by a wrong clock */
    expect(store, 0, 1, "1@4 b ");
}

static void test_bounds(void **state)
{
    const struct guess_span span = {NOW + 2, NOW + 10};
    struct store *store = ground_open(*state, STORE_GUARD);
    int64_t count;

    for (unsigned i = 1; i <= 6; i++)
        put(store, "a", i, NOW + i);
    put(store, "a", 7, NOW + 11);
    assert_int_equal(guess_expire(store, &span, 1, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(guess_expire(store, &span, 10, &count), ERR_NONE);
    assert_int_equal(count, 2);
    expect(store, 0, 10, "3@3 a 4@4 a 5@5 a 6@6 a ");
    assert_int_equal(guess_trim(store, 4), ERR_NONE);
    expect(store, 0, 10, "3@3 a 4@4 a 5@5 a 6@6 a ");
    assert_int_equal(guess_trim(store, 2), ERR_NONE);
    expect(store, 0, 10, "5@5 a 6@6 a ");
}

static void test_key(void **state)
{
    struct store *store = ground_open(*state, STORE_GUARD);
    char key[GUESS_KEY_LEN + 1] = "";

    assert_int_equal(guess_key_load(store, key), ERR_ABSENT);
    assert_int_equal(guess_key_keep(store, KEY), ERR_NONE);
    assert_int_equal(guess_key_load(store, key), ERR_NONE);
    assert_string_equal(key, KEY);
    put(store, "a", 1, NOW);
    assert_int_equal(guess_key_keep(store, KEY), ERR_NONE);
    expect(store, 0, 10, "1@0 a ");
    /* By another key they mean nothing. */
    assert_int_equal(guess_key_keep(store, OTHER_KEY), ERR_NONE);
    expect(store, 0, 10, "");
    assert_int_equal(guess_key_load(store, key), ERR_NONE);
    assert_string_equal(key, OTHER_KEY);
    assert_int_equal(ground_ask(*state, FILE_NAME, "SELECT count(*) FROM guess_key"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_list), TEST(test_bounds), TEST(test_key))
