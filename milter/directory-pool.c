/* SPDX-License-Identifier: MIT */
#include "milter/directory-pool.h"

#include <pthread.h>

#include "lib/base/memory.h"
#include "lib/store/mailbox.h"

#define IDLE_MAX 8

struct directory_pool {
    char *state_directory;
    pthread_mutex_t lock; /* guards the below */
    char delimiter;
    struct store *idle[IDLE_MAX];
    size_t idle_count;
};

struct directory_pool *directory_pool_new(const char *state_directory)
{
    struct directory_pool *pool = memory_alloc_zero(1, sizeof *pool);

    pool->state_directory = memory_copy_string(state_directory);
    pool->delimiter = MAILBOX_DELIMITER;
    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

void directory_pool_free(struct directory_pool **pool)
{
    struct directory_pool *gone = *pool;

    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->idle_count; i++)
        store_close(&gone->idle[i]);
    pthread_mutex_destroy(&gone->lock);
    memory_free(&gone->state_directory);
    memory_free(pool);
}

void directory_pool_set_delimiter(struct directory_pool *pool, char delimiter)
{
    pthread_mutex_lock(&pool->lock);
    pool->delimiter = delimiter;
    pthread_mutex_unlock(&pool->lock);
}

static struct store *take_idle(struct directory_pool *pool, char *delimiter_r)
{
    struct store *store = NULL;

    pthread_mutex_lock(&pool->lock);
    *delimiter_r = pool->delimiter;
    if (pool->idle_count != 0)
        store = pool->idle[--pool->idle_count];
    pthread_mutex_unlock(&pool->lock);
    return store;
}

enum err directory_pool_take(
    struct directory_pool *pool, struct store **store_r, struct failure *failure)
{
    struct store *store;
    char delimiter;
    enum err err;

    while ((store = take_idle(pool, &delimiter)) != NULL && !store_is_current(store))
        store_close(&store);
    err = store != NULL
              ? ERR_NONE
              : store_open(pool->state_directory, STORE_DIRECTORY, STORE_READ, &store, failure);
    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_IO : err;
    store_set_delimiter(store, delimiter);
    *store_r = store;
    return ERR_NONE;
}

static void put_back(struct directory_pool *pool, struct store **store)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count < IDLE_MAX) {
        pool->idle[pool->idle_count++] = *store;
        *store = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    store_close(store);
}

enum err directory_pool_give(
    struct directory_pool *pool, struct store **store, enum err err, struct failure *failure)
{
    if (err == ERR_NONE) {
        put_back(pool, store);
        return err;
    }
    store_failure(*store, failure);
    store_close(store);
    return err;
}
