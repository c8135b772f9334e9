/* SPDX-License-Identifier: MIT */
#include "authd/rehash.h"

#include <pthread.h>
#include <stdlib.h>

#include "authd/authd-metrics.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/credential.h"

struct rehasher {
    char *state_directory;
    pthread_mutex_t lock; /* around store */
    struct store *store;  /* NULL after a failure, until it is open again */
};

struct rehash {
    struct pool_job job;
    struct rehasher *rehasher;
    struct arena *arena;
    struct text address, old_hash, new_hash;
    /* Written by the thread. */
    bool was_tried;
    enum err err;
    struct failure failure;
};

static enum err open_store(struct rehasher *rehasher, struct failure *failure)
{
    enum err err = store_open(
        rehasher->state_directory, STORE_CREDENTIALS, STORE_WRITE, &rehasher->store, failure);

    if (err == ERR_NONE)
        store_set_patience(rehasher->store, 0);
    return err;
}

enum err rehasher_new(
    const char *state_directory, struct rehasher **rehasher_r, struct failure *failure)
{
    struct rehasher *rehasher = memory_alloc_zero(1, sizeof *rehasher);
    enum err err;

    rehasher->state_directory = memory_copy_string(state_directory);
    pthread_mutex_init(&rehasher->lock, NULL);
    err = open_store(rehasher, failure);
    if (err != ERR_NONE)
        rehasher_free(&rehasher);
    else
        *rehasher_r = rehasher;
    return err;
}

void rehasher_free(struct rehasher **rehasher)
{
    if (*rehasher == NULL)
        return;
    store_close(&(*rehasher)->store);
    pthread_mutex_destroy(&(*rehasher)->lock);
    memory_free(&(*rehasher)->state_directory);
    memory_free(rehasher);
}

/* With the lock. A missing database is a failure, not a password that has changed. */
static enum err ready_store(struct rehasher *rehasher, struct failure *failure)
{
    enum err err = ERR_NONE;

    if (rehasher->store != NULL && !store_is_current(rehasher->store))
        store_close(&rehasher->store);
    if (rehasher->store == NULL)
        err = open_store(rehasher, failure);
    return err == ERR_ABSENT ? ERR_IO : err;
}

static enum err replace(struct rehash *rehash)
{
    struct rehasher *rehasher = rehash->rehasher;
    enum err err = ready_store(rehasher, &rehash->failure);

    if (err != ERR_NONE)
        return err;
    err = credential_replace(rehasher->store, rehash->address, rehash->old_hash, rehash->new_hash);
    if (err != ERR_NONE)
        store_failure(rehasher->store, &rehash->failure);
    if (err != ERR_NONE && err != ERR_ABSENT && err != ERR_BUSY)
        store_close(&rehasher->store);
    return err;
}

/* In a thread of the pool. */
static void work(struct pool_job *job)
{
    struct rehash *rehash = (struct rehash *)job;

    rehash->was_tried = true;
    pthread_mutex_lock(&rehash->rehasher->lock);
    rehash->err = replace(rehash);
    pthread_mutex_unlock(&rehash->rehasher->lock);
}

static void rehash_free(struct rehash *rehash)
{
    arena_free_wiped(&rehash->arena);
    free(rehash);
}

static void on_worked(struct pool_job *job)
{
    struct rehash *rehash = (struct rehash *)job;

    if (rehash->was_tried && rehash->err == ERR_NONE)
        metric_add(&authd_rehashes, 1);
    else if (rehash->was_tried && rehash->err == ERR_BUSY)
        log_debug(NULL, "user=<%.*s>: the new hash waits for the next login: %s",
            TEXT_ARGS(rehash->address), rehash->failure.text);
    else if (rehash->was_tried && rehash->err != ERR_ABSENT)
        log_warning(NULL, "user=<%.*s>: the new hash cannot be stored: %s",
            TEXT_ARGS(rehash->address), rehash->failure.text);
    rehash_free(rehash);
}

void rehasher_store(struct rehasher *rehasher, struct pool *pool, struct text address,
    struct text old_hash, struct text new_hash)
{
    struct rehash *rehash = memory_alloc_zero(1, sizeof *rehash);

    rehash->job.work = work;
    rehash->job.done = on_worked;
    rehash->rehasher = rehasher;
    rehash->arena = arena_new();
    rehash->address = arena_copy(rehash->arena, address);
    rehash->old_hash = arena_copy(rehash->arena, old_hash);
    rehash->new_hash = arena_copy(rehash->arena, new_hash);
    if (!pool_submit(pool, &rehash->job))
        rehash_free(rehash);
}
