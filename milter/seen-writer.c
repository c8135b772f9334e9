/* SPDX-License-Identifier: MIT */
#include "milter/seen-writer.h"

#include <pthread.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/store-keeper.h"
#include "milter/stats.h"

/* One transaction's worth; the texts live in the arena. */
struct batch {
    struct arena *arena;
    ARRAY(struct seen) rows;
};

struct seen_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct batch filling;
    int64_t filling_since_ms; /* when the first of its rows came */
    struct seen_bounds bounds;
    bool must_tidy; /* now, since the bounds are new */
    bool is_ending;
    size_t dropped; /* and not yet told of */
    /* The thread's: */
    struct store_keeper keeper;
    struct batch writing; /* left over where the last attempt failed */
    int64_t retry_ms;     /* not before, after a failure */
    int64_t tidy_ms;
    int64_t told_ms;              /* when dropped rows were told of last; 0: never */
    char cause[FAILURE_TEXT_MAX]; /* of the last failure; empty once what it cost is told */
    /* The main thread's: */
    bool is_stopped;
};

static void batch_clear(struct batch *batch)
{
    array_clear(&batch->rows);
    arena_reset(batch->arena);
}

static void batch_done(struct batch *batch)
{
    array_done(&batch->rows);
    arena_free(&batch->arena);
}

/* --- the thread: what it does without the lock ---------------------------------------------- */

static enum err write_rows(struct store *store, const struct batch *batch, struct failure *failure)
{
    if (batch->rows.count == 0)
        return ERR_NONE;
    store_begin(store);
    for (size_t i = 0; i < batch->rows.count; i++)
        (void)seen_put(store, &batch->rows.items[i]);
    return store_commit(store, failure); /* which knows what failed first */
}

/* A piece of what is too old, or else of what is too much. *is_over_r: nothing is, any more. */
static enum err delete_piece(
    struct store *store, const struct seen_bounds *bounds, bool *is_over_r, struct failure *failure)
{
    int64_t before = bounds->seconds != 0 ? clock_wall() - bounds->seconds : INT64_MAX;
    int64_t bytes = 0, count = 0;
    enum err err = seen_expire(store, before, SEEN_WRITER_TIDY_ROWS, &count);

    if (err == ERR_NONE && count == 0)
        err = seen_size(store, &bytes);
    if (err == ERR_NONE && bytes > bounds->bytes)
        err = seen_expire(store, INT64_MAX, SEEN_WRITER_TIDY_ROWS, &count);
    if (err == ERR_NONE)
        *is_over_r = count == 0;
    else
        store_failure(store, failure);
    return err;
}

static enum err tidy(
    struct seen_writer *writer, const struct seen_bounds *bounds, struct failure *failure)
{
    bool is_over = false;
    enum err err;

    if (clock_monotonic_ms() < writer->tidy_ms)
        return ERR_NONE;
    err = delete_piece(writer->keeper.store, bounds, &is_over, failure);
    if (err == ERR_NONE && is_over)
        writer->tidy_ms = clock_monotonic_ms() + SEEN_WRITER_TIDY_MS;
    return err;
}

/* One attempt at all there is to do. */
static enum err work_once(
    struct seen_writer *writer, const struct seen_bounds *bounds, struct failure *failure)
{
    struct store_keeper *keeper = &writer->keeper;
    bool is_anew;
    enum err err = store_keeper_open(keeper, &is_anew, failure);

    if (err == ERR_NONE)
        err = write_rows(keeper->store, &writer->writing, failure);
    if (err == ERR_NONE) {
        stats_count_rows_written(writer->writing.rows.count);
        batch_clear(&writer->writing);
        err = tidy(writer, bounds, failure);
    }
    return err;
}

static void attempt(struct seen_writer *writer, const struct seen_bounds *bounds)
{
    struct failure failure = {.text = ""};
    enum err err = work_once(writer, bounds, &failure);

    if (store_keeper_note(&writer->keeper, err)) {
        if (err != ERR_NONE)
            log_error(
                NULL, "rows for DMARC reports wait in memory, mail goes on: %s", failure.text);
        else
            log_info(NULL, "rows for DMARC reports are written again");
    }
    if (err != ERR_NONE)
        memcpy(writer->cause, failure.text, sizeof writer->cause);
    writer->retry_ms = clock_monotonic_ms() + store_keeper_pause_ms(&writer->keeper);
}

/* --- the thread: with the lock -------------------------------------------------------------- */

static int64_t later_of(int64_t one_ms, int64_t other_ms)
{
    return one_ms > other_ms ? one_ms : other_ms;
}

/* When there is something to do next, on the monotonic clock. */
static int64_t due_ms(const struct seen_writer *writer)
{
    int64_t due_ms = writer->must_tidy ? 0 : writer->tidy_ms;

    if (writer->writing.rows.count != 0 || writer->filling.rows.count >= SEEN_WRITER_ROWS_MAX / 2)
        due_ms = 0;
    else if (writer->filling.rows.count != 0 &&
             writer->filling_since_ms + SEEN_WRITER_GATHER_MS < due_ms)
        due_ms = writer->filling_since_ms + SEEN_WRITER_GATHER_MS;
    return later_of(due_ms, writer->retry_ms);
}

static void wait_until(struct seen_writer *writer, int64_t until_ms)
{
    const struct timespec until = {
        .tv_sec = until_ms / 1000, .tv_nsec = (until_ms % 1000) * 1000000};

    pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
}

static void take_rows(struct seen_writer *writer)
{
    struct batch empty = writer->writing;

    if (empty.rows.count != 0)
        return;
    writer->writing = writer->filling;
    writer->filling = empty;
}

/* The lock is let go of meanwhile. */
static void run_attempt(struct seen_writer *writer)
{
    struct seen_bounds bounds = writer->bounds;

    if (writer->must_tidy)
        writer->tidy_ms = 0;
    writer->must_tidy = false;
    take_rows(writer);
    pthread_mutex_unlock(&writer->lock);
    attempt(writer, &bounds);
    pthread_mutex_lock(&writer->lock);
}

/* The lock is let go of for the log. */
static void tell_of_dropped(struct seen_writer *writer)
{
    const char *cause =
        writer->cause[0] != '\0' ? writer->cause : "they come faster than they can be written";
    size_t dropped = writer->dropped;

    writer->dropped = 0;
    writer->told_ms = clock_monotonic_ms();
    pthread_mutex_unlock(&writer->lock);
    log_warning(NULL, "%zu rows for DMARC reports dropped: %s", dropped, cause);
    pthread_mutex_lock(&writer->lock);
}

static void look_for_dropped(struct seen_writer *writer, bool is_last)
{
    bool is_time = writer->told_ms == 0 || is_last ||
                   clock_monotonic_ms() - writer->told_ms >= SEEN_WRITER_TELL_MS;

    if (writer->dropped != 0 && is_time)
        tell_of_dropped(writer);
    if (writer->dropped == 0 && writer->keeper.failures == 0)
        writer->cause[0] = '\0';
}

/* What waits, each batch tried once. */
static void write_the_last(struct seen_writer *writer)
{
    while (writer->writing.rows.count != 0 || writer->filling.rows.count != 0) {
        size_t left;

        run_attempt(writer);
        left = writer->writing.rows.count;
        writer->dropped += left;
        stats_count_rows_dropped(left);
        batch_clear(&writer->writing);
    }
    look_for_dropped(writer, true);
}

static void *work(void *context)
{
    struct seen_writer *writer = context;

    pthread_mutex_lock(&writer->lock);
    while (!writer->is_ending) {
        int64_t next_ms = due_ms(writer);

        if (next_ms > clock_monotonic_ms()) {
            wait_until(writer, next_ms);
            continue;
        }
        run_attempt(writer);
        look_for_dropped(writer, false);
    }
    write_the_last(writer);
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* --- the others ----------------------------------------------------------------------------- */

static enum err start_thread(struct seen_writer *writer, struct failure *failure)
{
    if (pthread_create(&writer->thread, NULL, work, writer) != 0)
        return failure_set(failure, ERR_IO, "a thread cannot be started");
    return ERR_NONE;
}

static void init_lock(struct seen_writer *writer)
{
    pthread_condattr_t habits;

    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&habits);
    pthread_condattr_setclock(&habits, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->changed, &habits);
    pthread_condattr_destroy(&habits);
}

enum err seen_writer_open(const char *state_directory, const struct seen_bounds *bounds,
    struct seen_writer **writer_r, struct failure *failure)
{
    struct seen_writer *writer = memory_alloc_zero(1, sizeof *writer);
    enum err err;

    init_lock(writer);
    store_keeper_init(&writer->keeper, state_directory, STORE_SEEN);
    writer->filling.arena = arena_new();
    writer->writing.arena = arena_new();
    writer->bounds = *bounds;
    err = start_thread(writer, failure);
    writer->is_stopped = err != ERR_NONE;
    if (err == ERR_NONE)
        *writer_r = writer;
    else
        seen_writer_free(&writer);
    return err;
}

void seen_writer_set_bounds(struct seen_writer *writer, const struct seen_bounds *bounds)
{
    pthread_mutex_lock(&writer->lock);
    writer->bounds = *bounds;
    writer->must_tidy = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

static bool has_room(const struct seen_writer *writer)
{
    return !writer->is_ending && writer->filling.rows.count < SEEN_WRITER_ROWS_MAX &&
           arena_used_bytes(writer->filling.arena) < SEEN_WRITER_BYTES_MAX;
}

void seen_writer_put(struct seen_writer *writer, const struct seen *row)
{
    struct batch *batch = &writer->filling;

    pthread_mutex_lock(&writer->lock);
    stats_count_row_waiting();
    if (has_room(writer)) {
        array_push(&batch->rows, seen_copy(row, batch->arena));
        if (batch->rows.count == 1)
            writer->filling_since_ms = clock_monotonic_ms();
        if (batch->rows.count == 1 || batch->rows.count == SEEN_WRITER_ROWS_MAX / 2)
            pthread_cond_signal(&writer->changed);
    } else {
        writer->dropped++;
        stats_count_rows_dropped(1);
    }
    pthread_mutex_unlock(&writer->lock);
}

void seen_writer_stop(struct seen_writer *writer)
{
    if (writer->is_stopped)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->is_ending = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    writer->is_stopped = true;
}

void seen_writer_free(struct seen_writer **writer)
{
    struct seen_writer *gone = *writer;

    if (gone == NULL)
        return;
    seen_writer_stop(gone);
    store_keeper_done(&gone->keeper);
    batch_done(&gone->filling);
    batch_done(&gone->writing);
    pthread_cond_destroy(&gone->changed);
    pthread_mutex_destroy(&gone->lock);
    memory_free(writer);
}
