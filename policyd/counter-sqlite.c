/* SPDX-License-Identifier: MIT */
#include "policyd/counter-sqlite.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/usage.h"

/* One transaction's worth; the texts live in the arena. */
struct batch {
    struct arena *arena;
    ARRAY(struct text) forgotten;
    ARRAY(struct usage) rows;
    int64_t expire_ms;
};

struct counter_sqlite {
    struct store *store; /* the thread's own once it runs */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct batch *batch; /* handed over and not yet done */
    bool failed;         /* the last one did not get to the disk */
    bool ending;
    /* The thread's: */
    bool failing; /* and that was logged */
};

static void batch_free(struct batch **batch)
{
    array_done(&(*batch)->forgotten);
    array_done(&(*batch)->rows);
    arena_free(&(*batch)->arena);
    memory_free(batch);
}

/* --- the thread ----------------------------------------------------------------------------- */

static enum err write_batch(struct store *store, const struct batch *batch, struct failure *failure)
{
    store_begin(store);
    (void)usage_expire(store, batch->expire_ms);
    for (size_t i = 0; i < batch->forgotten.count; i++)
        (void)usage_forget(store, batch->forgotten.items[i]);
    for (size_t i = 0; i < batch->rows.count; i++)
        (void)usage_put(store, &batch->rows.items[i]);
    return store_commit(store, failure); /* which knows what failed first */
}

static bool save_batch(struct counter_sqlite *keeper, const struct batch *batch)
{
    struct failure failure = {.text = ""};
    enum err err = write_batch(keeper->store, batch, &failure);

    if (err != ERR_NONE && !keeper->failing)
        log_error(NULL, "counters are not saved, counting goes on in memory: %s", failure.text);
    if (err == ERR_NONE && keeper->failing)
        log_info(NULL, "counters are saved again");
    keeper->failing = err != ERR_NONE;
    return err == ERR_NONE;
}

static void *work(void *context)
{
    struct counter_sqlite *keeper = context;

    pthread_mutex_lock(&keeper->lock);
    for (;;) {
        struct batch *batch = keeper->batch;
        bool saved;

        if (batch == NULL && keeper->ending)
            break;
        if (batch == NULL) {
            pthread_cond_wait(&keeper->changed, &keeper->lock);
            continue;
        }
        pthread_mutex_unlock(&keeper->lock);
        saved = save_batch(keeper, batch);
        batch_free(&batch);
        pthread_mutex_lock(&keeper->lock);
        keeper->batch = NULL;
        keeper->failed = !saved;
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
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->changed, NULL);
    if (pthread_create(&keeper->thread, NULL, work, keeper) != 0)
        return failure_set(failure, ERR_IO, "a thread cannot be started");
    return ERR_NONE;
}

enum err counter_sqlite_open(const char *state_directory, struct counters *counters,
    int64_t period_ms, int64_t now_ms, struct counter_sqlite **keeper_r, struct failure *failure)
{
    struct load load = {.counters = counters, .now_ms = now_ms};
    struct counter_sqlite *keeper = memory_alloc_zero(1, sizeof *keeper);
    enum err err = store_open(state_directory, STORE_LIMITS, STORE_WRITE, &keeper->store, failure);

    if (err == ERR_NONE) {
        err = usage_list(keeper->store, now_ms - period_ms, load_row, &load);
        if (err != ERR_NONE)
            store_failure(keeper->store, failure);
    }
    if (err == ERR_NONE)
        err = start_thread(keeper, failure);
    if (err != ERR_NONE) {
        store_close(&keeper->store);
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

static struct batch *make_batch(struct counters *counters, int64_t expire_ms)
{
    struct batch *batch = memory_alloc_zero(1, sizeof *batch);
    const struct counter_visitor visitor = {
        .forget = add_forgotten, .save = add_row, .context = batch};

    batch->arena = arena_new();
    batch->expire_ms = expire_ms;
    counters_save(counters, &visitor);
    return batch;
}

bool counter_sqlite_save(
    struct counter_sqlite *keeper, struct counters *counters, int64_t expire_ms)
{
    bool idle;

    pthread_mutex_lock(&keeper->lock);
    if (keeper->failed && keeper->batch == NULL) {
        counters_mark_all_dirty(counters);
        keeper->failed = false;
    }
    idle = keeper->batch == NULL && !counters_are_dirty(counters);
    if (keeper->batch == NULL && !idle) {
        keeper->batch = make_batch(counters, expire_ms);
        pthread_cond_broadcast(&keeper->changed);
    }
    pthread_mutex_unlock(&keeper->lock);
    return idle;
}

static void wait_until_idle(struct counter_sqlite *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    while (keeper->batch != NULL)
        pthread_cond_wait(&keeper->changed, &keeper->lock);
    pthread_mutex_unlock(&keeper->lock);
}

static void end_thread(struct counter_sqlite *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->ending = true;
    pthread_cond_broadcast(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->lock);
}

void counter_sqlite_close(
    struct counter_sqlite **keeper, struct counters *counters, int64_t expire_ms)
{
    if (*keeper == NULL)
        return;
    wait_until_idle(*keeper);
    (void)counter_sqlite_save(*keeper, counters, expire_ms);
    wait_until_idle(*keeper);
    end_thread(*keeper);
    store_close(&(*keeper)->store);
    memory_free(keeper);
}
