/* SPDX-License-Identifier: MIT */
#include "authd/credential-writer.h"

#include <assert.h>
#include <stdlib.h>

#include "authd/authd-metrics.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"

/* Beyond, the user's next login brings it. */
#define WAITING_MAX 256

/*
 * One is with the pool at a time: since nobody waits for a writer, ours must not meet each other,
 * and logins keep the other threads.
 */
struct credential_writer {
    char *state_directory;
    struct pool *pool;
    struct errand *first, *last; /* those that wait for their turn */
    size_t waiting;
    bool is_busy;
};

/* One thing to store. */
struct errand {
    struct pool_job job;
    struct errand *next;
    struct credential_writer *writer;
    /* The statement that does it, on an open store. */
    enum err (*write)(struct errand *errand, struct store *store);
    const char *what; /* for the log */
    struct arena *arena;
    struct text address;
    struct text old_hash, new_hash;
    int64_t app_password, now;
    /* Written by the thread. */
    bool was_tried;
    enum err err;
    struct failure failure;
};

static enum err open_store(
    const struct credential_writer *writer, struct store **store_r, struct failure *failure)
{
    enum err err =
        store_open(writer->state_directory, STORE_CREDENTIALS, STORE_WRITE, store_r, failure);

    if (err == ERR_NONE)
        store_set_patience(*store_r, 0);
    return err;
}

enum err credential_writer_new(
    const char *state_directory, struct credential_writer **writer_r, struct failure *failure)
{
    struct credential_writer *writer = memory_alloc_zero(1, sizeof *writer);
    struct store *store = NULL;
    enum err err;

    writer->state_directory = memory_copy_string(state_directory);
    err = open_store(writer, &store, failure);
    store_close(&store);
    if (err != ERR_NONE)
        credential_writer_free(&writer);
    else
        *writer_r = writer;
    return err;
}

void credential_writer_free(struct credential_writer **writer)
{
    if (*writer == NULL)
        return;
    assert((*writer)->first == NULL);
    memory_free(&(*writer)->state_directory);
    memory_free(writer);
}

static enum err write_hash(struct errand *errand, struct store *store)
{
    return credential_replace(store, errand->address, errand->old_hash, errand->new_hash);
}

static enum err write_use(struct errand *errand, struct store *store)
{
    return app_password_note_use(store, errand->app_password, errand->now);
}

/*
 * Opened each time: an errand is rare, and a database that is kept open by nobody who looks at it
 * could not be put back from a backup. A missing one is a failure, not a password that has changed.
 */
static enum err run(struct errand *errand)
{
    struct store *store = NULL;
    enum err err = open_store(errand->writer, &store, &errand->failure);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_IO : err;
    err = errand->write(errand, store);
    if (err != ERR_NONE)
        store_failure(store, &errand->failure);
    store_close(&store);
    return err;
}

/* In a thread of the pool. */
static void work(struct pool_job *job)
{
    struct errand *errand = (struct errand *)job;

    errand->was_tried = true;
    errand->err = run(errand);
}

static void errand_free(struct errand *errand)
{
    arena_free_wiped(&errand->arena);
    free(errand);
}

static void writer_push(struct credential_writer *writer, struct errand *errand)
{
    *(writer->first != NULL ? &writer->last->next : &writer->first) = errand;
    writer->last = errand;
    writer->waiting++;
}

static struct errand *writer_take(struct credential_writer *writer)
{
    struct errand *errand = writer->first;

    if (errand != NULL) {
        writer->first = errand->next;
        writer->waiting--;
    }
    return errand;
}

/* Where the pool has no room, or ends, the next is tried; so nothing waits for nobody. */
static void writer_go_on(struct credential_writer *writer)
{
    struct errand *errand;

    while (!writer->is_busy && (errand = writer_take(writer)) != NULL) {
        writer->is_busy = pool_submit(writer->pool, &errand->job) == POOL_TAKEN;
        if (!writer->is_busy)
            errand_free(errand);
    }
}

static void on_worked(struct pool_job *job)
{
    struct errand *errand = (struct errand *)job;
    struct credential_writer *writer = errand->writer;

    if (errand->was_tried && errand->err == ERR_NONE && errand->write == write_hash)
        metric_add(&authd_rehashes, 1);
    else if (errand->was_tried && errand->err == ERR_BUSY)
        log_debug(NULL, "user=<%.*s>: %s waits for the next login: %s", TEXT_ARGS(errand->address),
            errand->what, errand->failure.text);
    else if (errand->was_tried && errand->err != ERR_NONE && errand->err != ERR_ABSENT)
        log_warning(NULL, "user=<%.*s>: %s cannot be stored: %s", TEXT_ARGS(errand->address),
            errand->what, errand->failure.text);
    errand_free(errand);
    writer->is_busy = false;
    writer_go_on(writer);
}

static struct errand *errand_new(struct credential_writer *writer, struct text address)
{
    struct errand *errand = memory_alloc_zero(1, sizeof *errand);

    errand->job.class = POOL_OWNER; /* somebody has logged in */
    errand->job.work = work;
    errand->job.done = on_worked;
    errand->writer = writer;
    errand->arena = arena_new();
    errand->address = arena_copy(errand->arena, address);
    return errand;
}

static void writer_send(struct credential_writer *writer, struct pool *pool, struct errand *errand)
{
    writer->pool = pool;
    writer_push(writer, errand);
    writer_go_on(writer);
}

void credential_writer_rehash(struct credential_writer *writer, struct pool *pool,
    struct text address, struct text old_hash, struct text new_hash)
{
    struct errand *errand;

    if (writer->waiting == WAITING_MAX)
        return;
    errand = errand_new(writer, address);
    errand->write = write_hash;
    errand->what = "the new hash";
    errand->old_hash = arena_copy(errand->arena, old_hash);
    errand->new_hash = arena_copy(errand->arena, new_hash);
    writer_send(writer, pool, errand);
}

static bool waits(const struct credential_writer *writer, int64_t app_password)
{
    for (const struct errand *at = writer->first; at != NULL; at = at->next)
        if (at->write == write_use && at->app_password == app_password)
            return true;
    return false;
}

void credential_writer_note_use(struct credential_writer *writer, struct pool *pool,
    struct text address, int64_t app_password, int64_t now)
{
    struct errand *errand;

    if (writer->waiting == WAITING_MAX || waits(writer, app_password))
        return;
    errand = errand_new(writer, address);
    errand->write = write_use;
    errand->what = "the last use of an app password";
    errand->app_password = app_password;
    errand->now = now;
    writer_send(writer, pool, errand);
}
