/* SPDX-License-Identifier: MIT */

/* Counters and their database: what a failure in between leaves. */

#include <ftw.h>
#include <poll.h>

#include "lib/store/usage.h"
#include "policyd/counter-sqlite.h"
#include "tests/unit/unit.h"

#define NOW_MS INT64_C(1800000000000)
#define PERIOD_MS ((int64_t)3600 * 1000)

static struct {
    char folder[64];
    struct counters *counters;
    struct counter_sqlite *keeper;
} ground;

static int set_up(void **state)
{
    struct failure failure;
    bool changed;

    (void)state;
    atomic_store(&counter_sqlite_failures.value, 0);
    strcpy(ground.folder, "/tmp/gatepost-counter-XXXXXX");
    assert_non_null(mkdtemp(ground.folder));
    assert_int_equal(
        store_prepare(ground.folder, STORE_LIMITS, NULL, &changed, &failure), ERR_NONE);
    ground.counters = counters_new(PERIOD_MS);
    assert_int_equal(counter_sqlite_open(ground.folder, ground.counters, PERIOD_MS, NOW_MS,
                         &ground.keeper, &failure),
        ERR_NONE);
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    counter_sqlite_close(&ground.keeper, ground.counters, NOW_MS - PERIOD_MS);
    counters_free(&ground.counters);
    nftw(ground.folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static bool save(void)
{
    return counter_sqlite_save(ground.keeper, ground.counters, NOW_MS - PERIOD_MS);
}

/* The thread says nothing of itself; it is looked at until it has done what is waited for. */
static void look_again(void)
{
    (void)poll(NULL, 0, 5);
}

static void await_idle(void)
{
    while (!save())
        look_again();
}

static void await_failures(int64_t count)
{
    while (atomic_load(&counter_sqlite_failures.value) < count)
        look_again();
}

static void add(const char *user)
{
    const struct counter_amounts one = {
        .of = {[COUNTER_MESSAGES] = 1, [COUNTER_RECIPIENTS] = 2}
    };

    counters_add(ground.counters, text_from_string(user), &one, NOW_MS);
}

static void sum_up(void *context, const struct usage *usage)
{
    *(int64_t *)context += usage->messages;
}

static struct store *open_store(void)
{
    struct store *store = NULL;
    struct failure failure;

    assert_int_equal(
        store_open(ground.folder, STORE_LIMITS, STORE_WRITE, &store, &failure), ERR_NONE);
    return store;
}

static int64_t saved_messages(void)
{
    struct store *store = open_store();
    int64_t sum = 0;

    assert_int_equal(usage_list(store, 0, sum_up, &sum), ERR_NONE);
    store_close(&store);
    return sum;
}

/* A reset whose save fails, and whose user is swept out of memory before the next one. */
static void test_reset_outlives_failure(void **state)
{
    struct store *other;

    (void)state;
    add("alice");
    add("bob");
    await_idle();
    assert_int_equal(saved_messages(), 2);
    other = open_store();
    store_begin(other);
    assert_true(counters_reset(ground.counters, TEXT("alice")));
    assert_false(save());
    await_failures(1);
    save();
    counters_expire(ground.counters, NOW_MS, 10);
    store_roll_back(other);
    store_close(&other);
    await_idle();
    assert_int_equal(saved_messages(), 1);
}

/* What was handed over and failed at the end is tried once more, with all the rest. */
static void test_close_after_failure(void **state)
{
    struct store *other = open_store();
    struct failure failure;

    (void)state;
    store_begin(other);
    add("alice");
    assert_false(save());
    await_failures(1);
    add("bob");
    store_roll_back(other);
    store_close(&other);
    counter_sqlite_close(&ground.keeper, ground.counters, NOW_MS - PERIOD_MS);
    assert_int_equal(saved_messages(), 2);
    assert_int_equal(counter_sqlite_open(ground.folder, ground.counters, PERIOD_MS, NOW_MS,
                         &ground.keeper, &failure),
        ERR_NONE);
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_reset_outlives_failure, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_close_after_failure, set_up, tear_down))
