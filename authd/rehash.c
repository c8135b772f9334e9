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
    pthread_mutex_t turn; /* since nobody waits for a writer, ours must not meet each other */
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

static enum err open_store(
    const struct rehasher *rehasher, struct store **store_r, struct failure *failure)
{
    enum err err =
        store_open(rehasher->state_directory, STORE_CREDENTIALS, STORE_WRITE, store_r, failure);

    if (err == ERR_NONE)
        store_set_patience(*store_r, 0);
    return err;
}

enum err rehasher_new(
    const char *state_directory, struct rehasher **rehasher_r, struct failure *failure)
{
    struct rehasher *rehasher = memory_alloc_zero(1, sizeof *rehasher);
    struct store *store = NULL;
    enum err err;

    rehasher->state_directory = memory_copy_string(state_directory);
    pthread_mutex_init(&rehasher->turn, NULL);
    err = open_store(rehasher, &store, failure);
    store_close(&store);
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
    pthread_mutex_destroy(&(*rehasher)->turn);
    memory_free(&(*rehasher)->state_directory);
    memory_free(rehasher);
}

/*
 * Opened each time: a rehash is rare, and a database that is kept open by nobody who looks at it
 * could not be put back from a backup. A missing one is a failure, not a password that has changed.
 */
static enum err replace(struct rehash *rehash)
{
    struct store *store = NULL;
    enum err err = open_store(rehash->rehasher, &store, &rehash->failure);

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_IO : err;
    err = credential_replace(store, rehash->address, rehash->old_hash, rehash->new_hash);
    if (err != ERR_NONE)
        store_failure(store, &rehash->failure);
    store_close(&store);
    return err;
}

/* In a thread of the pool. */
static void work(struct pool_job *job)
{
    struct rehash *rehash = (struct rehash *)job;

    rehash->was_tried = true;
    pthread_mutex_lock(&rehash->rehasher->turn);
    rehash->err = replace(rehash);
    pthread_mutex_unlock(&rehash->rehasher->turn);
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
