/* SPDX-License-Identifier: MIT */
#include "authd/guard-writer.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/store-keeper.h"

#define CLOCK_SLACK_SECONDS 60

/* A guess to be written, or, where it says so, all of its account or network to be deleted. */
struct change {
    bool forgets;
    struct guess guess;
};

/* One transaction's worth; the texts live in the arena. */
struct batch {
    struct arena *arena;
    ARRAY(struct known_network) known;
    ARRAY(struct change) changes;
};

struct guard_writer {
    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct batch filling;
    int64_t filling_since_ms; /* when the first of it came */
    int64_t known_seconds;
    bool is_ending;
    /* The thread's: */
    struct store_keeper keeper;
    struct batch writing;        /* left over where the last attempt failed */
    char key[GUESS_KEY_LEN + 1]; /* empty: none, see above */
    bool is_key_kept;            /* in the database that is open */
    int64_t retry_ms;            /* not before, after a failure */
    int64_t tidy_ms;
    int64_t steady_wall_s, steady_ms; /* since when both clocks have gone alike */
};

static bool is_empty(const struct batch *batch)
{
    return batch->known.count == 0 && batch->changes.count == 0;
}

static void batch_clear(struct batch *batch)
{
    array_clear(&batch->known);
    array_clear(&batch->changes);
    arena_reset(batch->arena);
}

static void batch_done(struct batch *batch)
{
    array_done(&batch->known);
    array_done(&batch->changes);
    arena_free(&batch->arena);
}

/* --- the thread: what it does without the lock ---------------------------------------------- */

static enum err write_change(struct store *store, const struct change *change)
{
    if (change->forgets)
        return guess_forget(store, change->guess.account, change->guess.network);
    return guess_put(store, &change->guess);
}

static enum err write_batch(struct store *store, const struct batch *batch, struct failure *failure)
{
    if (is_empty(batch))
        return ERR_NONE;
    store_begin(store);
    for (size_t i = 0; i < batch->known.count; i++)
        (void)known_network_note(store, &batch->known.items[i]);
    for (size_t i = 0; i < batch->changes.count; i++)
        (void)write_change(store, &batch->changes.items[i]);
    return store_commit(store, failure); /* which knows what failed first */
}

struct guess_span guard_writer_span(int64_t now)
{
    return (struct guess_span){now - GUARD_WRITER_GUESS_SECONDS, now + CLOCK_SLACK_SECONDS};
}

/* A clock that was set wrong for a moment must not cost all that is known of owners. */
static bool is_clock_steady(struct guard_writer *writer)
{
    int64_t wall_s = clock_wall(), ms = clock_monotonic_ms();
    int64_t passed_s = (ms - writer->steady_ms) / 1000;
    int64_t difference_s = wall_s - writer->steady_wall_s - passed_s;

    if (difference_s >= -CLOCK_SLACK_SECONDS && difference_s <= CLOCK_SLACK_SECONDS)
        return passed_s >= GUARD_WRITER_STEADY_SECONDS;
    writer->steady_wall_s = wall_s;
    writer->steady_ms = ms;
    return false;
}

/* *is_over_r: nothing is, any more. */
static enum err delete_piece(struct guard_writer *writer, int64_t known_seconds, bool *is_over_r)
{
    struct store *store = writer->keeper.store;
    int64_t now = clock_wall(), guesses = 0, networks = 0;
    struct guess_span span = guard_writer_span(now);
    enum err err = guess_expire(store, &span, GUARD_WRITER_TIDY_ROWS, &guesses);

    if (err == ERR_NONE && is_clock_steady(writer))
        err = known_network_expire(store, now - known_seconds, GUARD_WRITER_TIDY_ROWS, &networks);
    if (err == ERR_NONE && guesses == 0)
        err = guess_trim(store, GUARD_WRITER_GUESSES_MAX);
    *is_over_r = guesses == 0 && networks == 0;
    return err;
}

static enum err tidy(struct guard_writer *writer, int64_t known_seconds, struct failure *failure)
{
    bool is_over = false;
    enum err err;

    if (clock_monotonic_ms() < writer->tidy_ms)
        return ERR_NONE;
    err = delete_piece(writer, known_seconds, &is_over);
    if (err != ERR_NONE)
        store_failure(writer->keeper.store, failure);
    else if (is_over)
        writer->tidy_ms = clock_monotonic_ms() + GUARD_WRITER_TIDY_MS;
    return err;
}

/* Another one may have come in its place, with guesses by another key. */
static enum err open_database(struct guard_writer *writer, struct failure *failure)
{
    bool is_anew;
    enum err err = store_keeper_open(&writer->keeper, &is_anew, failure);

    if (err != ERR_NONE)
        return err;
    writer->is_key_kept = writer->is_key_kept && !is_anew;
    if (writer->is_key_kept || writer->key[0] == '\0')
        return ERR_NONE;
    err = guess_key_keep(writer->keeper.store, writer->key);
    writer->is_key_kept = err == ERR_NONE;
    if (err != ERR_NONE)
        store_failure(writer->keeper.store, failure);
    return err;
}

/* One attempt at all there is to do. */
static enum err work_once(
    struct guard_writer *writer, int64_t known_seconds, struct failure *failure)
{
    enum err err = open_database(writer, failure);

    if (err == ERR_NONE)
        err = write_batch(writer->keeper.store, &writer->writing, failure);
    if (err == ERR_NONE) {
        batch_clear(&writer->writing);
        err = tidy(writer, known_seconds, failure);
    }
    return err;
}

static void attempt(struct guard_writer *writer, int64_t known_seconds)
{
    struct failure failure = {.text = ""};
    enum err err = work_once(writer, known_seconds, &failure);

    if (store_keeper_note(&writer->keeper, err)) {
        if (err != ERR_NONE)
            log_error(NULL,
                "from where accounts are used, and who guesses, is not written now; logins go on: "
                "%s",
                failure.text);
        else
            log_info(NULL, "from where accounts are used, and who guesses, is written again");
    }
    writer->retry_ms = clock_monotonic_ms() + store_keeper_pause_ms(&writer->keeper);
}

/* --- the thread: with the lock -------------------------------------------------------------- */

/* When there is something to do next, on the monotonic clock. */
static int64_t due_ms(const struct guard_writer *writer)
{
    int64_t due_ms = writer->tidy_ms;

    if (!is_empty(&writer->writing))
        due_ms = 0;
    else if (!is_empty(&writer->filling) &&
             writer->filling_since_ms + GUARD_WRITER_GATHER_MS < due_ms)
        due_ms = writer->filling_since_ms + GUARD_WRITER_GATHER_MS;
    return due_ms > writer->retry_ms ? due_ms : writer->retry_ms;
}

/* By the system's clock, since ours stands still in tests. */
static void wait_for(struct guard_writer *writer, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    ms += until.tv_nsec / 1000000;
    until.tv_sec += ms / 1000;
    until.tv_nsec = (ms % 1000) * 1000000;
    pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
}

/* The lock is let go of meanwhile. */
static void run_attempt(struct guard_writer *writer)
{
    int64_t known_seconds = writer->known_seconds;

    if (is_empty(&writer->writing)) {
        struct batch empty = writer->writing;

        writer->writing = writer->filling;
        writer->filling = empty;
    }
    pthread_mutex_unlock(&writer->lock);
    attempt(writer, known_seconds);
    pthread_mutex_lock(&writer->lock);
}

/* What waits, each batch tried once. */
static void write_the_last(struct guard_writer *writer)
{
    while (!is_empty(&writer->writing) || !is_empty(&writer->filling)) {
        run_attempt(writer);
        batch_clear(&writer->writing);
    }
}

static void *work(void *context)
{
    struct guard_writer *writer = context;

    pthread_mutex_lock(&writer->lock);
    while (!writer->is_ending) {
        int64_t left_ms = due_ms(writer) - clock_monotonic_ms();

        if (left_ms > 0)
            wait_for(writer, left_ms);
        else
            run_attempt(writer);
    }
    write_the_last(writer);
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* --- the loop ------------------------------------------------------------------------------- */

static void init_lock(struct guard_writer *writer)
{
    pthread_condattr_t habits;

    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&habits);
    pthread_condattr_setclock(&habits, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->changed, &habits);
    pthread_condattr_destroy(&habits);
}

enum err guard_writer_new(const char *state_directory, const char *key, int64_t known_seconds,
    struct guard_writer **writer_r, struct failure *failure)
{
    struct guard_writer *writer = memory_alloc_zero(1, sizeof *writer);

    init_lock(writer);
    store_keeper_init(&writer->keeper, state_directory, STORE_GUARD);
    writer->filling.arena = arena_new();
    writer->writing.arena = arena_new();
    writer->known_seconds = known_seconds;
    snprintf(writer->key, sizeof writer->key, "%s", key != NULL ? key : "");
    writer->steady_wall_s = clock_wall();
    writer->steady_ms = clock_monotonic_ms();
    writer->is_running = pthread_create(&writer->thread, NULL, work, writer) == 0;
    if (!writer->is_running) {
        guard_writer_free(&writer);
        return failure_set(failure, ERR_IO, "a thread cannot be started");
    }
    *writer_r = writer;
    return ERR_NONE;
}

void guard_writer_set_known_seconds(struct guard_writer *writer, int64_t known_seconds)
{
    pthread_mutex_lock(&writer->lock);
    writer->known_seconds = known_seconds;
    pthread_mutex_unlock(&writer->lock);
}

/* Before one is put; the thread sleeps until the first comes. */
static void note_coming(struct guard_writer *writer)
{
    if (!is_empty(&writer->filling))
        return;
    writer->filling_since_ms = clock_monotonic_ms();
    pthread_cond_signal(&writer->changed);
}

void guard_writer_put_known(struct guard_writer *writer, const struct known_network *known)
{
    struct batch *batch = &writer->filling;
    struct known_network copy = *known;

    pthread_mutex_lock(&writer->lock);
    if (batch->known.count < GUARD_WRITER_MAX) {
        note_coming(writer);
        copy.address = arena_copy(batch->arena, known->address);
        copy.network = arena_copy(batch->arena, known->network);
        copy.service = arena_copy(batch->arena, known->service);
        array_push(&batch->known, copy);
    }
    pthread_mutex_unlock(&writer->lock);
}

static void put_change(struct guard_writer *writer, bool forgets, const struct guess *guess)
{
    struct batch *batch = &writer->filling;
    struct change change = {.forgets = forgets, .guess = *guess};

    pthread_mutex_lock(&writer->lock);
    /* What an administrator has lifted must not come back at the next start. */
    if (forgets || batch->changes.count < GUARD_WRITER_MAX) {
        note_coming(writer);
        change.guess.count = arena_copy(batch->arena, guess->count);
        change.guess.account = arena_copy(batch->arena, guess->account);
        change.guess.network = arena_copy(batch->arena, guess->network);
        array_push(&batch->changes, change);
    }
    pthread_mutex_unlock(&writer->lock);
}

void guard_writer_put_guess(struct guard_writer *writer, const struct guess *guess)
{
    if (writer->key[0] != '\0')
        put_change(writer, false, guess);
}

void guard_writer_forget(struct guard_writer *writer, struct text account, struct text network)
{
    const struct guess guess = {.count = TEXT(""), .account = account, .network = network};

    put_change(writer, true, &guess);
}

static void stop(struct guard_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->is_ending = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
}

void guard_writer_free(struct guard_writer **writer)
{
    struct guard_writer *gone = *writer;

    if (gone == NULL)
        return;
    if (gone->is_running)
        stop(gone);
    store_keeper_done(&gone->keeper);
    batch_done(&gone->filling);
    batch_done(&gone->writing);
    pthread_cond_destroy(&gone->changed);
    pthread_mutex_destroy(&gone->lock);
    memory_wipe(gone->key, sizeof gone->key);
    memory_free(writer);
}
