/* SPDX-License-Identifier: MIT */
#include "lib/base/map.h"

#include "tests/unit/unit.h"

#define MANY 5000

static int values[MANY];

static struct text key_of(int number, char room[32])
{
    return text_from_bytes(room, (size_t)snprintf(room, 32, "key number %d", number));
}

static void test_put_get_remove(void **state)
{
    struct map *map = map_new();
    char room[32];

    (void)state;
    for (int i = 0; i < MANY; i++)
        assert_null(map_put(map, key_of(i, room), &values[i]));
    assert_int_equal(map_count(map), MANY);
    for (int i = 0; i < MANY; i += 2)
        assert_ptr_equal(map_remove(map, key_of(i, room)), &values[i]);
    assert_int_equal(map_count(map), MANY / 2);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_get(map, key_of(i, room)), i % 2 != 0 ? &values[i] : NULL);
    map_free(&map);
    assert_null(map);
    map_free(&map);
}

static void test_put_replaces(void **state)
{
    struct map *map = map_new();

    (void)state;
    assert_null(map_put(map, TEXT("a"), &values[0]));
    assert_ptr_equal(map_put(map, TEXT("a"), &values[1]), &values[0]);
    assert_ptr_equal(map_get(map, TEXT("a")), &values[1]);
    assert_int_equal(map_count(map), 1);
    map_free(&map);
}

static void test_empty_key_and_nul(void **state)
{
    struct map *map = map_new();

    (void)state;
    map_put(map, TEXT(""), &values[0]);
    map_put(map, TEXT("a\0b"), &values[1]);
    assert_ptr_equal(map_get(map, TEXT("")), &values[0]);
    assert_ptr_equal(map_get(map, TEXT("a\0b")), &values[1]);
    assert_null(map_get(map, TEXT("a\0c")));
    map_free(&map);
}

/* Emptied places must not fill the table: the search for a free one would not end. */
static void test_churn(void **state)
{
    struct map *map = map_new();
    char room[32];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        map_put(map, key_of(i, room), &values[i]);
        assert_non_null(map_remove(map, key_of(i, room)));
    }
    assert_int_equal(map_count(map), 0);
    map_free(&map);
}

static void test_walk(void **state)
{
    struct map *map = map_new();
    size_t position = 0, seen = 0;
    struct text key;
    void *value;
    char room[32];

    (void)state;
    for (int i = 0; i < 100; i++)
        map_put(map, key_of(i, room), &values[i]);
    while (map_next(map, &position, &key, &value)) {
        seen++;
        assert_ptr_equal(map_remove(map, key), value);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(map_count(map), 0);
    map_free(&map);
}

UNIT_MAIN(cmocka_unit_test(test_put_get_remove), cmocka_unit_test(test_put_replaces),
    cmocka_unit_test(test_empty_key_and_nul), cmocka_unit_test(test_churn),
    cmocka_unit_test(test_walk))
