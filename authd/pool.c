/* SPDX-License-Identifier: MIT */
#include "authd/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/memory.h"

struct job_list {
    struct pool_job *first, **end;
};

/* From so many threads on, one is kept for owners. */
#define WORKERS_TO_KEEP_ONE 4

struct pool {
    pthread_mutex_t lock; /* guards waiting, strangers_at_work, finished, is_ending */
    pthread_cond_t submitted;
    struct pool_queue *waiting;
    struct job_list finished;
    size_t strangers_at_work, strangers_at_work_max;
    bool is_ending;
    /* The loop's alone. */
    size_t outstanding;
    int wake_fd;
    struct event *wake;
    pthread_t *threads;
    size_t thread_count;
};

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_push(struct job_list *list, struct pool_job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct pool_job *list_take(struct job_list *list)
{
    struct pool_job *job = list->first;

    if (job != NULL) {
        list->first = job->next;
        if (list->first == NULL)
            list->end = &list->first;
    }
    return job;
}

/* The counter of an eventfd is full after 2^64 - 2 jobs: the write cannot fail. */
static void wake_loop(const struct pool *pool)
{
    uint64_t one = 1;
    ssize_t written;

    do
        written = write(pool->wake_fd, &one, sizeof one);
    while (written < 0 && errno == EINTR);
}

static struct pool_job *take(struct pool *pool)
{
    struct pool_job *job =
        pool_queue_take(pool->waiting, pool->strangers_at_work < pool->strangers_at_work_max);

    if (job != NULL && job->class == POOL_STRANGER)
        pool->strangers_at_work++;
    return job;
}

/* A thread that may take no stranger may sleep beside one who waits: its time has come. */
static void put_back(struct pool *pool, struct pool_job *job)
{
    if (job->class == POOL_STRANGER) {
        pool->strangers_at_work--;
        pthread_cond_signal(&pool->submitted);
    }
    list_push(&pool->finished, job);
    wake_loop(pool);
}

static void *work(void *context)
{
    struct pool *pool = context;
    struct pool_job *job;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        job = NULL;
        while (!pool->is_ending && (job = take(pool)) == NULL)
            pthread_cond_wait(&pool->submitted, &pool->lock);
        if (job == NULL)
            break;
        pthread_mutex_unlock(&pool->lock);
        job->work(job);
        pthread_mutex_lock(&pool->lock);
        put_back(pool, job);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Calls done() outside the lock: it may submit again. */
static void finish(struct pool *pool)
{
    struct job_list jobs;
    struct pool_job *job;

    pthread_mutex_lock(&pool->lock);
    list_init(&jobs);
    while ((job = list_take(&pool->finished)) != NULL)
        list_push(&jobs, job);
    pthread_mutex_unlock(&pool->lock);
    while ((job = list_take(&jobs)) != NULL) {
        pool->outstanding--;
        job->done(job);
    }
}

/* No thread is there any more; a job that none has begun is finished without its work. */
static void finish_all(struct pool *pool)
{
    struct pool_job *job;

    finish(pool);
    while ((job = pool_queue_take(pool->waiting, true)) != NULL)
        list_push(&pool->finished, job);
    finish(pool);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    struct pool *pool = context;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof count) > 0)
        finish(pool);
}

static enum err start_threads(struct pool *pool, size_t count, struct failure *failure)
{
    pool->threads = memory_alloc_zero(count, sizeof *pool->threads);
    for (size_t i = 0; i < count; i++) {
        int error = pthread_create(&pool->threads[i], NULL, work, pool);

        if (error != 0) {
            errno = error;
            return failure_set_errno(failure, ERR_IO, "cannot start thread %zu for hashing", i + 1);
        }
        pool->thread_count++;
    }
    return ERR_NONE;
}

enum err pool_new(struct event_base *base, size_t workers, const struct pool_bounds *bounds,
    struct pool **pool_r, struct failure *failure)
{
    struct pool *pool = memory_alloc_zero(1, sizeof *pool);
    enum err err;

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->submitted, NULL);
    pool->waiting = pool_queue_new(bounds);
    list_init(&pool->finished);
    pool->strangers_at_work_max = workers < WORKERS_TO_KEEP_ONE ? workers : workers - 1;
    pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake_fd < 0) {
        err =
            failure_set_errno(failure, ERR_IO, "cannot make a descriptor for the hashing threads");
        pool_free(&pool);
        return err;
    }
    pool->wake = event_new(base, pool->wake_fd, EV_READ | EV_PERSIST, on_wake, pool);
    event_add(pool->wake, NULL);
    err = start_threads(pool, workers, failure);
    if (err != ERR_NONE)
        pool_free(&pool);
    else
        *pool_r = pool;
    return err;
}

void pool_free(struct pool **pool)
{
    struct pool *p = *pool;

    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->is_ending = true;
    pthread_cond_broadcast(&p->submitted);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    finish_all(p);
    assert(p->outstanding == 0);
    if (p->wake != NULL)
        event_free(p->wake);
    if (p->wake_fd >= 0)
        close(p->wake_fd);
    pthread_cond_destroy(&p->submitted);
    pthread_mutex_destroy(&p->lock);
    pool_queue_free(&p->waiting);
    free(p->threads);
    memory_free(pool);
}

enum pool_answer pool_submit(struct pool *pool, struct pool_job *job)
{
    enum pool_answer answer = POOL_IS_FULL;

    pthread_mutex_lock(&pool->lock);
    if (!pool->is_ending)
        answer = pool_queue_push(pool->waiting, job);
    if (answer == POOL_TAKEN)
        pthread_cond_signal(&pool->submitted);
    pthread_mutex_unlock(&pool->lock);
    if (answer == POOL_TAKEN)
        pool->outstanding++;
    return answer;
}

size_t pool_outstanding(const struct pool *pool)
{
    return pool->outstanding;
}

size_t pool_waiting(struct pool *pool)
{
    size_t count;

    pthread_mutex_lock(&pool->lock);
    count = pool_queue_count(pool->waiting);
    pthread_mutex_unlock(&pool->lock);
    return count;
}

void pool_set_bounds(struct pool *pool, const struct pool_bounds *bounds)
{
    pthread_mutex_lock(&pool->lock);
    pool_queue_set_bounds(pool->waiting, bounds);
    pthread_mutex_unlock(&pool->lock);
}
