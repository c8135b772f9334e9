/* SPDX-License-Identifier: MIT */
#include "authd/pool.h"

#include <pthread.h>

#include "tests/unit/unit.h"

/* A job that waits at a gate, so that a test knows what the workers do. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    size_t inside, most;
};

struct job {
    struct pool_job job;
    struct gate *gate;
    bool worked, done;
};

static void work(struct pool_job *pool_job)
{
    struct job *job = (struct job *)pool_job;
    struct gate *gate = job->gate;

    pthread_mutex_lock(&gate->lock);
    gate->inside++;
    if (gate->inside > gate->most)
        gate->most = gate->inside;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->is_open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    gate->inside--;
    pthread_mutex_unlock(&gate->lock);
    job->worked = true;
}

static void done(struct pool_job *pool_job)
{
    ((struct job *)pool_job)->done = true;
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_await(struct gate *gate, size_t inside)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->inside < inside)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

#define WORKERS 2
#define QUEUE 3
#define JOBS (WORKERS + QUEUE)

struct scene {
    struct event_base *base;
    struct pool *pool;
    struct gate gate;
    struct job jobs[JOBS + 1];
};

static int setup(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);

    scene->base = event_base_new();
    pthread_mutex_init(&scene->gate.lock, NULL);
    pthread_cond_init(&scene->gate.changed, NULL);
    for (size_t i = 0; i <= JOBS; i++)
        scene->jobs[i] = (struct job){
            {NULL, work, done},
            &scene->gate, false, false
        };
    assert_int_equal(pool_new(scene->base, WORKERS, QUEUE, &scene->pool, NULL), ERR_NONE);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    gate_open(&scene->gate);
    pool_free(&scene->pool);
    event_base_free(scene->base);
    pthread_mutex_destroy(&scene->gate.lock);
    pthread_cond_destroy(&scene->gate.changed);
    test_free(scene);
    return 0;
}

/* As many at work as there are workers, as many waiting as the queue has room for, no more. */
static void fill(struct scene *scene)
{
    for (size_t i = 0; i < WORKERS; i++) {
        assert_true(pool_submit(scene->pool, &scene->jobs[i].job));
        gate_await(&scene->gate, i + 1);
    }
    for (size_t i = WORKERS; i < JOBS; i++)
        assert_true(pool_submit(scene->pool, &scene->jobs[i].job));
}

static void test_bounds(void **state)
{
    struct scene *scene = *state;

    fill(scene);
    assert_int_equal(pool_waiting(scene->pool), QUEUE);
    assert_int_equal(pool_outstanding(scene->pool), JOBS);
    assert_false(pool_submit(scene->pool, &scene->jobs[JOBS].job));
    gate_open(&scene->gate);
    while (pool_outstanding(scene->pool) != 0)
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(scene->gate.most, WORKERS);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(scene->jobs[i].worked && scene->jobs[i].done);
    assert_false(scene->jobs[JOBS].worked || scene->jobs[JOBS].done);
    assert_true(pool_submit(scene->pool, &scene->jobs[JOBS].job));
    while (pool_outstanding(scene->pool) != 0)
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_true(scene->jobs[JOBS].done);
}

static void test_smaller_queue(void **state)
{
    struct scene *scene = *state;

    fill(scene);
    pool_set_queue_max(scene->pool, JOBS);
    assert_true(pool_submit(scene->pool, &scene->jobs[JOBS].job));
}

/* Ending calls done() for each job, those too that no worker has begun. */
static void test_end(void **state)
{
    struct scene *scene = *state;

    fill(scene);
    gate_open(&scene->gate);
    pool_free(&scene->pool);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(scene->jobs[i].done);
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
    cmocka_unit_test_setup_teardown(test_smaller_queue, setup, teardown),
    cmocka_unit_test_setup_teardown(test_end, setup, teardown))
