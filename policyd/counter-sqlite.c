/* SPDX-License-Identifier: MIT */
#include "policyd/counter-sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/store-keeper.h"
#include "lib/store/usage.h"

/* One transaction's worth; the texts live in the arena. */
struct batch {
    struct arena *arena;
    bool whole; /* all that there is, in place of what the database holds */
    ARRAY(struct text) forgotten;
    ARRAY(struct usage) rows;
    int64_t expire_ms;
};

struct counter_sqlite {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct batch *batch; /* handed over and not yet done */
    bool want_whole;     /* the database is another one, or misses what was handed over */
    bool hurrying;       /* each batch is tried once, without a pause */
    bool ending;
    /* The thread's once it runs: */
    struct store_keeper database;
    /* The main thread's: */
    int64_t handed_ms; /* when the thread was last given something to do */
};

struct metric counter_sqlite_failures = {.name = "gatepost_policyd_save_failures_total",
    .help = "Attempts to save the counters that failed.",
    .type = "counter"};

static void batch_free(struct batch **batch)
{
    array_done(&(*batch)->forgotten);
    array_done(&(*batch)->rows);
    arena_free(&(*batch)->arena);
    memory_free(batch);
}

/* --- the thread ----------------------------------------------------------------------------- */

enum outcome {
    OUTCOME_SAVED,
    OUTCOME_OUTDATED, /* the database is another one now, into which all has to go */
    OUTCOME_FAILED
};

static enum err write_batch(struct store *store, const struct batch *batch, struct failure *failure)
{
    store_begin(store);
    if (batch->whole)
        (void)usage_clear(store);
    (void)usage_expire(store, batch->expire_ms);
    for (size_t i = 0; i < batch->forgotten.count; i++)
        (void)usage_forget(store, batch->forgotten.items[i]);
    for (size_t i = 0; i < batch->rows.count; i++)
        (void)usage_put(store, &batch->rows.items[i]);
    return store_commit(store, failure); /* which knows what failed first */
}

/* *is_outdated_r: nothing was done, since it is another database. */
static enum err try_batch(struct counter_sqlite *keeper, const struct batch *batch,
    bool *is_outdated_r, struct failure *failure)
{
    bool is_anew;
    enum err err = store_keeper_open(&keeper->database, &is_anew, failure);

    if (err != ERR_NONE)
        return err;
    if (is_anew)
        log_warning(NULL, "%s: opened anew; all counters are written to it from memory",
            store_path(keeper->database.store));
    *is_outdated_r = is_anew && !batch->whole;
    return *is_outdated_r ? ERR_NONE : write_batch(keeper->database.store, batch, failure);
}

static enum outcome save_batch(struct counter_sqlite *keeper, const struct batch *batch)
{
    struct failure failure = {.text = ""};
    bool is_outdated = false;
    enum err err = try_batch(keeper, batch, &is_outdated, &failure);

    if (is_outdated)
        return OUTCOME_OUTDATED;
    if (err != ERR_NONE)
        metric_add(&counter_sqlite_failures, 1);
    if (store_keeper_note(&keeper->database, err)) {
        if (err != ERR_NONE)
            log_error(NULL, "counters are not saved, counting goes on in memory: %s", failure.text);
        else
            log_info(NULL, "counters are saved again");
    }
    return err == ERR_NONE ? OUTCOME_SAVED : OUTCOME_FAILED;
}

/* With the lock, which is let go of meanwhile. */
static void pause_after_failure(struct counter_sqlite *keeper)
{
    int64_t pause_ms = store_keeper_pause_ms(&keeper->database);
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += pause_ms / 1000;
    while (!keeper->hurrying &&
           pthread_cond_timedwait(&keeper->changed, &keeper->lock, &until) != ETIMEDOUT)
        continue;
}

static void *work(void *context)
{
    struct counter_sqlite *keeper = context;

    pthread_mutex_lock(&keeper->lock);
    while (keeper->batch != NULL || !keeper->ending) {
        enum outcome outcome;

        if (keeper->batch == NULL) {
            pthread_cond_wait(&keeper->changed, &keeper->lock);
            continue;
        }
        pthread_mutex_unlock(&keeper->lock);
        outcome = save_batch(keeper, keeper->batch);
        pthread_mutex_lock(&keeper->lock);
        if (outcome == OUTCOME_FAILED && !keeper->hurrying) {
            pause_after_failure(keeper);
            continue;
        }
        keeper->want_whole = outcome != OUTCOME_SAVED;
        batch_free(&keeper->batch);
        pthread_cond_broadcast(&keeper->changed);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

/* --- the main thread ------------------------------------------------------------------------ */

struct load {
    struct counters *counters;
    int64_t now_ms;
};

static void load_row(void *context, const struct usage *usage)
{
    const struct load *load = context;
    const struct counter_amounts amounts = {
        .of = {[COUNTER_MESSAGES] = usage->messages, [COUNTER_RECIPIENTS] = usage->recipients}
    };

    counters_restore(load->counters, usage->user, &amounts, usage->at_ms, load->now_ms);
}

static enum err start_thread(struct counter_sqlite *keeper, struct failure *failure)
{
    pthread_condattr_t habits;

    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&habits);
    pthread_condattr_setclock(&habits, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->changed, &habits);
    pthread_condattr_destroy(&habits);
    if (pthread_create(&keeper->thread, NULL, work, keeper) != 0)
        return failure_set(failure, ERR_IO, "a thread cannot be started");
    return ERR_NONE;
}

enum err counter_sqlite_open(const char *state_directory, struct counters *counters,
    int64_t period_ms, int64_t now_ms, struct counter_sqlite **keeper_r, struct failure *failure)
{
    struct load load = {.counters = counters, .now_ms = now_ms};
    struct counter_sqlite *keeper = memory_alloc_zero(1, sizeof *keeper);
    struct store **store = &keeper->database.store;
    enum err err;

    /* At the start it has to be there: what it holds counts. */
    store_keeper_init(&keeper->database, state_directory, STORE_LIMITS);
    err = store_open(state_directory, STORE_LIMITS, STORE_WRITE, store, failure);
    if (err == ERR_NONE) {
        err = usage_list(*store, now_ms - period_ms, load_row, &load);
        if (err != ERR_NONE)
            store_failure(*store, failure);
    }
    keeper->handed_ms = clock_monotonic_ms();
    if (err == ERR_NONE)
        err = start_thread(keeper, failure);
    if (err != ERR_NONE) {
        store_keeper_done(&keeper->database);
        free(keeper);
        return err;
    }
    *keeper_r = keeper;
    return ERR_NONE;
}

static void add_forgotten(void *context, struct text user)
{
    struct batch *batch = context;

    array_push(&batch->forgotten, arena_copy(batch->arena, user));
}

static void add_row(
    void *context, struct text user, int64_t at_ms, const struct counter_amounts *amounts)
{
    struct batch *batch = context;
    const struct usage row = {.user = arena_copy(batch->arena, user),
        .at_ms = at_ms,
        .messages = amounts->of[COUNTER_MESSAGES],
        .recipients = amounts->of[COUNTER_RECIPIENTS]};

    array_push(&batch->rows, row);
}

static void pass_over(void *context, struct text user)
{
    (void)context;
    (void)user;
}

static struct batch *make_batch(struct counters *counters, bool whole, int64_t expire_ms)
{
    struct batch *batch = memory_alloc_zero(1, sizeof *batch);
    const struct counter_visitor visitor = {
        .forget = whole ? pass_over : add_forgotten, .save = add_row, .context = batch};

    batch->arena = arena_new();
    batch->whole = whole;
    batch->expire_ms = expire_ms;
    if (whole)
        counters_mark_all_dirty(counters);
    counters_save(counters, &visitor);
    return batch;
}

/* With the lock, where the thread has nothing in hand. */
static void hand_over(struct counter_sqlite *keeper, struct counters *counters, int64_t expire_ms)
{
    keeper->batch = make_batch(counters, keeper->want_whole, expire_ms);
    keeper->handed_ms = clock_monotonic_ms();
    pthread_cond_broadcast(&keeper->changed);
}

bool counter_sqlite_save(
    struct counter_sqlite *keeper, struct counters *counters, int64_t expire_ms)
{
    bool idle = false;

    pthread_mutex_lock(&keeper->lock);
    if (keeper->batch == NULL) {
        idle = !keeper->want_whole && !counters_are_dirty(counters) &&
               clock_monotonic_ms() - keeper->handed_ms < COUNTER_SQLITE_LOOK_MS;
        if (!idle)
            hand_over(keeper, counters, expire_ms);
    }
    pthread_mutex_unlock(&keeper->lock);
    return idle;
}

/* With the lock, which is let go of meanwhile. */
static void wait_until_done(struct counter_sqlite *keeper)
{
    while (keeper->batch != NULL)
        pthread_cond_wait(&keeper->changed, &keeper->lock);
}

/* What is in hand, what has changed since, and all of it where either did not get there. */
static void save_the_last(
    struct counter_sqlite *keeper, struct counters *counters, int64_t expire_ms)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->hurrying = true;
    pthread_cond_broadcast(&keeper->changed);
    wait_until_done(keeper);
    hand_over(keeper, counters, expire_ms);
    wait_until_done(keeper);
    if (keeper->want_whole) {
        hand_over(keeper, counters, expire_ms);
        wait_until_done(keeper);
    }
    keeper->ending = true;
    pthread_cond_broadcast(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
}

void counter_sqlite_close(
    struct counter_sqlite **keeper, struct counters *counters, int64_t expire_ms)
{
    struct counter_sqlite *closing = *keeper;

    if (closing == NULL)
        return;
    save_the_last(closing, counters, expire_ms);
    pthread_join(closing->thread, NULL);
    pthread_cond_destroy(&closing->changed);
    pthread_mutex_destroy(&closing->lock);
    store_keeper_done(&closing->database);
    memory_free(keeper);
}
