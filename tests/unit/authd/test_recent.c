/* SPDX-License-Identifier: MIT */
#include "authd/recent.h"

#include "tests/unit/unit.h"

#define START ((int64_t)1700000000)
#define HOUR 3600

static void test_different_ones_count(void **state)
{
    struct recent recent = {0};

    (void)state;
    assert_int_equal(recent_count(&recent, START, HOUR), 0);
    assert_true(recent_note(&recent, 1, START));
    assert_true(recent_note(&recent, 2, START + 1));
    assert_false(recent_note(&recent, 1, START + 2));
    assert_int_equal(recent_count(&recent, START + 2, HOUR), 2);
    /* Seen again is seen later: 2 leaves the window first. */
    assert_int_equal(recent_count(&recent, START + 1 + HOUR, HOUR), 1);
    assert_int_equal(recent_count(&recent, START + 2 + HOUR, HOUR), 0);
    recent_expire(&recent, START + 1);
    assert_true(recent_note(&recent, 2, START + 3));
    assert_false(recent_note(&recent, 1, START + 3));
    recent_done(&recent);
    assert_int_equal(recent_count(&recent, START, HOUR), 0);
    recent_done(&recent);
}

static void test_free_at(void **state)
{
    struct recent recent = {0};

    (void)state;
    assert_int_equal(recent_free_at(&recent, START, HOUR, 1), START);
    for (uint32_t i = 0; i < 5; i++)
        recent_note(&recent, i, START + i);
    assert_int_equal(recent_free_at(&recent, START + 10, HOUR, 6), START + 10);
    assert_int_equal(recent_free_at(&recent, START + 10, HOUR, 5), START + HOUR);
    assert_int_equal(recent_free_at(&recent, START + 10, HOUR, 1), START + 4 + HOUR);
    recent_done(&recent);
}

/* By hand, over many windows: what is counted is what there was. */
static void test_against_a_plain_list(void **state)
{
    enum { STEPS = 4000, KINDS = 40, WINDOW = 500 };
    static int64_t last[KINDS];
    struct recent recent = {0};
    uint32_t dice = 7;
    int64_t now = START;

    (void)state;
    for (int step = 0; step < STEPS; step++) {
        size_t wanted = 0;

        dice = dice * 1664525 + 1013904223;
        now += (dice >> 16) % 60;
        recent_note(&recent, (dice >> 8) % KINDS, now);
        last[(dice >> 8) % KINDS] = now;
        if (step % 7 == 0)
            recent_expire(&recent, now - WINDOW);
        for (int kind = 0; kind < KINDS; kind++)
            wanted += last[kind] > now - WINDOW;
        assert_int_equal(recent_count(&recent, now, WINDOW), wanted);
        if (wanted > 1) {
            int64_t free = recent_free_at(&recent, now, WINDOW, wanted);

            assert_true(recent_count(&recent, free - 1, WINDOW) >= wanted);
            assert_true(recent_count(&recent, free, WINDOW) < wanted);
        }
    }
    recent_done(&recent);
}

static void test_bound(void **state)
{
    struct recent recent = {0};

    (void)state;
    for (uint32_t i = 0; i < 10 * RECENT_MAX; i++)
        recent_note(&recent, i, START + i / 100);
    assert_int_equal(recent_count(&recent, START + 30, HOUR), RECENT_MAX);
    assert_int_equal(recent.room, RECENT_MAX);
    assert_false(recent_note(&recent, 10 * RECENT_MAX - 1, START + 30));
    assert_true(recent_note(&recent, 0, START + 30));
    recent_done(&recent);
}

/* Nothing stays for longer than a window, however far the clock was ahead. */
static void test_clock_put_back(void **state)
{
    struct recent recent = {0};

    (void)state;
    recent_note(&recent, 1, START);
    recent_note(&recent, 2, START + 100 * HOUR);
    assert_int_equal(recent_count(&recent, START + 10, HOUR), 2);
    assert_int_equal(recent_free_at(&recent, START + 10, HOUR, 1), START + 10 + HOUR);
    assert_int_equal(recent_count(&recent, START + 10 + HOUR, HOUR), 0);
    recent_note(&recent, 3, START + 200 * HOUR);
    recent_note(&recent, 4, START + 20);
    assert_int_equal(recent_count(&recent, START + 20 + HOUR, HOUR), 0);
    recent_done(&recent);
}

UNIT_MAIN(cmocka_unit_test(test_different_ones_count), cmocka_unit_test(test_free_at),
    cmocka_unit_test(test_against_a_plain_list), cmocka_unit_test(test_bound),
    cmocka_unit_test(test_clock_put_back))
