/* SPDX-License-Identifier: MIT */
#include "policyd/counter.h"

#include "tests/unit/unit.h"

#define HOUR ((int64_t)3600 * 1000)
#define START ((int64_t)1700000000 * 1000)
#define ALICE TEXT("alice@example.org")

static const struct counter_amounts one = {
    .of = {[COUNTER_MESSAGES] = 1, [COUNTER_RECIPIENTS] = 2}
};

static void test_sums(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct counter_amounts used;

    (void)state;
    assert_int_equal(counters_used(counters, ALICE, START).of[COUNTER_MESSAGES], 0);
    assert_int_equal(counters_count(counters), 0);
    counters_add(counters, ALICE, &one, START);
    counters_add(counters, ALICE, &one, START + HOUR / 2);
    counters_add(counters, TEXT("bob"), &one, START);
    used = counters_used(counters, ALICE, START + HOUR / 2);
    assert_int_equal(used.of[COUNTER_MESSAGES], 2);
    assert_int_equal(used.of[COUNTER_RECIPIENTS], 4);
    assert_int_equal(counters_count(counters), 2);
    counters_free(&counters);
    assert_null(counters);
    counters_free(&counters);
}

/*
 * Sends whenever the counters permit, at odd moments, for many periods: in no window of the
 * period's length does more than the limit pass, and what is free in truth is free here at most
 * 2 % of the period later.
 */
static void test_window(void **state)
{
    enum { LIMIT = 20, SENT_MAX = 4000 };
    static int64_t sent[SENT_MAX];
    struct counters *counters = counters_new(HOUR);
    uint32_t dice = 12345;
    size_t count = 0;

    (void)state;
    for (int64_t now = START; count < SENT_MAX;) {
        int64_t free = counters_free_at(counters, ALICE, COUNTER_MESSAGES, 1, LIMIT, now);

        dice = dice * 1664525 + 1013904223;
        if (free <= now) {
            counters_add(counters, ALICE, &one, now);
            sent[count++] = now;
            now += dice % (HOUR / 100);
        } else {
            assert_true(count >= LIMIT);
            assert_true(free >= sent[count - LIMIT] + HOUR);
            assert_true(free <= sent[count - LIMIT] + HOUR + HOUR / 50);
            now = (dice & 0x10000) != 0 ? free : free - 1;
            if (now < free)
                assert_true(
                    counters_free_at(counters, ALICE, COUNTER_MESSAGES, 1, LIMIT, now) > now);
            now = free;
        }
    }
    for (size_t i = LIMIT; i < count; i++)
        assert_true(sent[i] - sent[i - LIMIT] >= HOUR);
    counters_free(&counters);
}

static void test_free_at(void **state)
{
    struct counters *counters = counters_new(HOUR);
    int64_t free;

    (void)state;
    counters_add(counters, ALICE, &one, START);
    counters_add(counters, ALICE, &one, START + HOUR / 4);
    assert_int_equal(counters_free_at(counters, ALICE, COUNTER_RECIPIENTS, 1, 5, START + HOUR / 4),
        START + HOUR / 4);
    assert_int_equal(
        counters_free_at(counters, ALICE, COUNTER_RECIPIENTS, 6, 5, START + HOUR / 4), -1);
    free = counters_free_at(counters, ALICE, COUNTER_RECIPIENTS, 3, 5, START + HOUR / 4);
    assert_true(free >= START + HOUR && free <= START + HOUR + HOUR / 50);
    free = counters_free_at(counters, ALICE, COUNTER_RECIPIENTS, 4, 5, START + HOUR / 4);
    assert_true(free >= START + HOUR + HOUR / 4);
    counters_free(&counters);
}

struct saved {
    struct {
        char user[32];
        int64_t at_ms;
        struct counter_amounts amounts;
    } rows[64];
    size_t count, forgotten;
};

static void take_forgotten(void *context, struct text user)
{
    struct saved *saved = context;
    size_t kept = 0;

    for (size_t i = 0; i < saved->count; i++)
        if (!text_equals(user, text_from_string(saved->rows[i].user)))
            saved->rows[kept++] = saved->rows[i];
    saved->count = kept;
    saved->forgotten++;
}

static void take_row(
    void *context, struct text user, int64_t at_ms, const struct counter_amounts *amounts)
{
    struct saved *saved = context;
    size_t at = 0;

    while (at < saved->count && (saved->rows[at].at_ms != at_ms ||
                                    !text_equals(user, text_from_string(saved->rows[at].user))))
        at++;
    assert_true(at < 64);
    snprintf(saved->rows[at].user, sizeof saved->rows[at].user, "%.*s", TEXT_ARGS(user));
    saved->rows[at].at_ms = at_ms;
    saved->rows[at].amounts = *amounts;
    if (at == saved->count)
        saved->count++;
}

static void save(struct counters *counters, struct saved *saved)
{
    const struct counter_visitor visitor = {take_forgotten, take_row, saved};

    counters_save(counters, &visitor);
    assert_false(counters_are_dirty(counters));
}

static struct counters *restore(const struct saved *saved, int64_t period_ms, int64_t now_ms)
{
    struct counters *counters = counters_new(period_ms);

    for (size_t i = 0; i < saved->count; i++)
        counters_restore(counters, text_from_string(saved->rows[i].user), &saved->rows[i].amounts,
            saved->rows[i].at_ms, now_ms);
    return counters;
}

static void test_save_and_restore(void **state)
{
    struct counters *counters = counters_new(HOUR), *again;
    struct saved saved = {.count = 0};
    int64_t now = START + HOUR / 2;

    (void)state;
    assert_false(counters_are_dirty(counters));
    counters_add(counters, ALICE, &one, START);
    counters_add(counters, ALICE, &one, START + 1);
    save(counters, &saved);
    assert_int_equal(saved.count, 1);
    counters_add(counters, ALICE, &one, now);
    counters_add(counters, TEXT("bob"), &one, now);
    save(counters, &saved);
    assert_int_equal(saved.count, 3);
    assert_int_equal(saved.forgotten, 0);

    again = restore(&saved, HOUR, now);
    assert_false(counters_are_dirty(again));
    assert_int_equal(counters_used(again, ALICE, now).of[COUNTER_MESSAGES], 3);
    assert_int_equal(counters_free_at(again, ALICE, COUNTER_MESSAGES, 1, 1, now),
        counters_free_at(counters, ALICE, COUNTER_MESSAGES, 1, 1, now));
    assert_int_equal(counters_used(again, ALICE, START + 3 * HOUR).of[COUNTER_MESSAGES], 0);
    counters_free(&again);

    again = restore(&saved, HOUR, START + 3 * HOUR);
    assert_int_equal(counters_count(again), 0);
    counters_free(&again);
    counters_free(&counters);
}

/* Saved under one period, restored under another: nothing is lost, nothing counts twice. */
static void test_restore_other_period(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct saved saved = {.count = 0};
    int64_t now = START + HOUR / 2;

    (void)state;
    for (int i = 0; i < 10; i++)
        counters_add(counters, ALICE, &one, START + i * HOUR / 20);
    save(counters, &saved);
    counters_free(&counters);
    for (int round = 0; round < 3; round++) {
        counters = restore(&saved, 7 * HOUR + round * COUNTER_SLOTS, now);
        assert_int_equal(counters_used(counters, ALICE, now).of[COUNTER_MESSAGES], 10 + round);
        assert_true(counters_are_dirty(counters));
        counters_add(counters, ALICE, &one, now);
        save(counters, &saved);
        counters_free(&counters);
    }
}

/* Saved by a clock that was a day ahead: counts from now on, and no longer than a period. */
static void test_restore_from_future(void **state)
{
    struct counters *counters = counters_new(HOUR);
    int64_t free;

    (void)state;
    counters_restore(counters, ALICE, &one, START + 24 * HOUR, START);
    assert_int_equal(counters_used(counters, ALICE, START).of[COUNTER_MESSAGES], 1);
    free = counters_free_at(counters, ALICE, COUNTER_MESSAGES, 1, 1, START);
    assert_true(free >= START + HOUR && free <= START + HOUR + HOUR / 50);
    counters_free(&counters);
}

static void test_reset(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct saved saved = {.count = 0};

    (void)state;
    assert_false(counters_reset(counters, ALICE));
    counters_add(counters, ALICE, &one, START);
    save(counters, &saved);
    assert_true(counters_reset(counters, ALICE));
    assert_int_equal(counters_used(counters, ALICE, START).of[COUNTER_MESSAGES], 0);
    assert_false(counters_reset(counters, ALICE));
    counters_add(counters, ALICE, &one, START);
    save(counters, &saved);
    assert_int_equal(saved.forgotten, 1);
    assert_int_equal(saved.count, 1);
    assert_int_equal(saved.rows[0].amounts.of[COUNTER_MESSAGES], 1);
    counters_free(&counters);
}

static void test_set_period(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct saved saved = {.count = 0};
    int64_t now = START + HOUR / 2;

    (void)state;
    for (int i = 0; i < 10; i++)
        counters_add(counters, ALICE, &one, START + i * HOUR / 20);
    save(counters, &saved);
    counters_set_period(counters, HOUR, now);
    assert_false(counters_are_dirty(counters));
    counters_set_period(counters, 24 * HOUR, now);
    assert_int_equal(counters_used(counters, ALICE, now).of[COUNTER_MESSAGES], 10);
    save(counters, &saved);
    assert_int_equal(saved.forgotten, 1);
    counters_set_period(counters, HOUR / 60, now);
    assert_true(counters_used(counters, ALICE, now).of[COUNTER_MESSAGES] <= 10);
    assert_int_equal(counters_used(counters, ALICE, now + HOUR).of[COUNTER_MESSAGES], 0);
    counters_free(&counters);
}

static void test_expire(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct saved saved = {.count = 0};

    (void)state;
    for (int i = 0; i < 10; i++) {
        char name[16];

        snprintf(name, sizeof name, "user%d", i);
        counters_add(counters, text_from_string(name), &one, START + i * HOUR / 10);
    }
    save(counters, &saved);
    counters_expire(counters, START + HOUR / 2, 100);
    assert_int_equal(counters_count(counters), 10);
    counters_expire(counters, START + HOUR + HOUR / 2, 3);
    assert_int_equal(counters_count(counters), 7);
    counters_expire(counters, START + HOUR + HOUR / 2, 100);
    assert_in_range(counters_count(counters), 4, 5);
    counters_expire(counters, START + 9 * HOUR, 100);
    assert_int_equal(counters_count(counters), 0);
    counters_free(&counters);
}

/* What is still to be saved stays. */
static void test_expire_dirty(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct saved saved = {.count = 0};

    (void)state;
    counters_add(counters, ALICE, &one, START);
    counters_expire(counters, START + 9 * HOUR, 100);
    assert_int_equal(counters_count(counters), 1);
    save(counters, &saved);
    counters_expire(counters, START + 9 * HOUR, 100);
    assert_int_equal(counters_count(counters), 0);
    counters_free(&counters);
}

/* A save that did not get to the disk is made again, as a whole. */
static void test_mark_all_dirty(void **state)
{
    struct counters *counters = counters_new(HOUR);
    struct saved lost = {.count = 0}, saved = {.count = 0};

    (void)state;
    counters_add(counters, ALICE, &one, START);
    counters_add(counters, TEXT("bob"), &one, START);
    save(counters, &lost);
    counters_mark_all_dirty(counters);
    assert_true(counters_are_dirty(counters));
    save(counters, &saved);
    assert_int_equal(saved.count, 2);
    assert_int_equal(saved.forgotten, 2);
    counters_free(&counters);
}

UNIT_MAIN(cmocka_unit_test(test_sums), cmocka_unit_test(test_window),
    cmocka_unit_test(test_free_at), cmocka_unit_test(test_save_and_restore),
    cmocka_unit_test(test_restore_other_period), cmocka_unit_test(test_restore_from_future),
    cmocka_unit_test(test_reset), cmocka_unit_test(test_set_period), cmocka_unit_test(test_expire),
    cmocka_unit_test(test_expire_dirty), cmocka_unit_test(test_mark_all_dirty))
