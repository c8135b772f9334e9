/* SPDX-License-Identifier: MIT */
#include "authd/rehash.h"

#include <assert.h>
#include <stdlib.h>

#include "authd/authd-metrics.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/credential.h"

/* Beyond, the user's next login brings the hash. */
#define WAITING_MAX 256

/*
 * One is with the pool at a time: since nobody waits for a writer, ours must not meet each other,
 * and logins keep the other threads.
 */
struct rehasher {
    char *state_directory;
    struct pool *pool;
    struct rehash *first, *last; /* those that wait for their turn */
    size_t waiting;
    bool is_busy;
};

struct rehash {
    struct pool_job job;
    struct rehash *next;
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
    assert((*rehasher)->first == NULL);
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
    rehash->err = replace(rehash);
}

static void rehash_free(struct rehash *rehash)
{
    arena_free_wiped(&rehash->arena);
    free(rehash);
}

static void rehasher_push(struct rehasher *rehasher, struct rehash *rehash)
{
    *(rehasher->first != NULL ? &rehasher->last->next : &rehasher->first) = rehash;
    rehasher->last = rehash;
    rehasher->waiting++;
}

static struct rehash *rehasher_take(struct rehasher *rehasher)
{
    struct rehash *rehash = rehasher->first;

    if (rehash != NULL) {
        rehasher->first = rehash->next;
        rehasher->waiting--;
    }
    return rehash;
}

/* Where the pool has no room, or ends, the next is tried; so nothing waits for nobody. */
static void rehasher_go_on(struct rehasher *rehasher)
{
    struct rehash *rehash;

    while (!rehasher->is_busy && (rehash = rehasher_take(rehasher)) != NULL) {
        rehasher->is_busy = pool_submit(rehasher->pool, &rehash->job);
        if (!rehasher->is_busy)
            rehash_free(rehash);
    }
}

static void on_worked(struct pool_job *job)
{
    struct rehash *rehash = (struct rehash *)job;
    struct rehasher *rehasher = rehash->rehasher;

    if (rehash->was_tried && rehash->err == ERR_NONE)
        metric_add(&authd_rehashes, 1);
    else if (rehash->was_tried && rehash->err == ERR_BUSY)
        log_debug(NULL, "user=<%.*s>: the new hash waits for the next login: %s",
            TEXT_ARGS(rehash->address), rehash->failure.text);
    else if (rehash->was_tried && rehash->err != ERR_ABSENT)
        log_warning(NULL, "user=<%.*s>: the new hash cannot be stored: %s",
            TEXT_ARGS(rehash->address), rehash->failure.text);
    rehash_free(rehash);
    rehasher->is_busy = false;
    rehasher_go_on(rehasher);
}

void rehasher_store(struct rehasher *rehasher, struct pool *pool, struct text address,
    struct text old_hash, struct text new_hash)
{
    struct rehash *rehash;

    if (rehasher->waiting == WAITING_MAX)
        return;
    rehash = memory_alloc_zero(1, sizeof *rehash);
    rehash->job.work = work;
    rehash->job.done = on_worked;
    rehash->rehasher = rehasher;
    rehash->arena = arena_new();
    rehash->address = arena_copy(rehash->arena, address);
    rehash->old_hash = arena_copy(rehash->arena, old_hash);
    rehash->new_hash = arena_copy(rehash->arena, new_hash);
    rehasher->pool = pool;
    rehasher_push(rehasher, rehash);
    rehasher_go_on(rehasher);
}
