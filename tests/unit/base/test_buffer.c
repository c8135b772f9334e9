/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "tests/unit/unit.h"

static void test_buffer_grows(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer);
    assert_string_equal(buffer_string(&buffer), "");
    for (int i = 0; i < 1000; i++)
        buffer_append_format(&buffer, "%03d;", i);
    assert_int_equal(buffer.len, 4000);
    assert_memory_equal(buffer.data + 3996, "999;", 5);
    buffer_consume(&buffer, 3996);
    assert_text_equal(buffer_text(&buffer), "999;");
    buffer_append_byte(&buffer, '!');
    buffer_append_text(&buffer, TEXT("a"));
    assert_string_equal(buffer_string(&buffer), "999;!a");
    buffer_consume(&buffer, 100);
    assert_string_equal(buffer_string(&buffer), "");
    buffer_append_string(&buffer, "again");
    buffer_clear(&buffer);
    assert_int_equal(buffer.len, 0);
    buffer_done_wiped(&buffer);
    assert_null(buffer.data);
    buffer_clear(&buffer);
    buffer_consume(&buffer, 1);
    buffer_done(&buffer);
}

static void test_arena(void **state)
{
    struct arena *arena = arena_new();
    unsigned char *large, *small;
    struct text copy;

    (void)state;
    for (int i = 0; i < 3; i++) {
        small = arena_alloc(arena, 1);
        assert_int_equal((uintptr_t)small % sizeof(void *), 0);
        large = arena_alloc_zero(arena, 100, 1000);
        for (size_t byte = 0; byte < 100000; byte++)
            assert_int_equal(large[byte], 0);
        memset(large, 0xff, 100000);
        copy = arena_copy(arena, TEXT("a\0b"));
        assert_memory_equal(copy.data, "a\0b", 4);
        assert_text_equal(arena_print(arena, "%s-%d", "x", 7), "x-7");
        assert_string_equal(arena_copy_string(arena, TEXT_NONE), "");
        assert_true(arena_used_bytes(arena) >= 100000);
        arena_reset(arena);
        assert_int_equal(arena_used_bytes(arena), 0);
    }
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
    arena_free_wiped(&arena);
    arena = arena_new();
    memset(arena_alloc(arena, 100000), 0xff, 100000);
    arena_free_wiped(&arena);
    assert_null(arena);
}

static void test_array(void **state)
{
    ARRAY(struct text) names = ARRAY_NONE;

    (void)state;
    for (int i = 0; i < 100; i++)
        array_push(&names, (struct text){"abc", (size_t)i % 4});
    assert_int_equal(names.count, 100);
    assert_int_equal(names.items[99].len, 3);
    array_clear(&names);
    assert_int_equal(names.count, 0);
    array_done(&names);
    assert_null(names.items);
}

static void test_arena_makes_room(void **state)
{
    struct arena *arena = arena_new();
    size_t room = 0, *numbers = NULL;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        numbers = arena_make_room(arena, numbers, i, &room, sizeof *numbers);
        assert_true(room > i);
        numbers[i] = i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    assert_ptr_equal(arena_make_room(arena, numbers, 1000, &room, sizeof *numbers), numbers);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_buffer_grows), cmocka_unit_test(test_arena),
    cmocka_unit_test(test_arena_makes_room), cmocka_unit_test(test_array))
