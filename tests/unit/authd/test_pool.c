/* SPDX-License-Identifier: MIT */
#include "authd/pool.h"

#include <pthread.h>

#include "tests/unit/unit.h"

/* A job that waits at a gate, so that a test knows what the workers do. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    size_t inside, most, entered;
    size_t let; /* so many may go though it is not open */
};

struct job {
    struct pool_job job;
    struct gate *gate;
    bool worked, done;
    size_t entered_as; /* the how many-th */
};

static void work(struct pool_job *pool_job)
{
    struct job *job = (struct job *)pool_job;
    struct gate *gate = job->gate;

    pthread_mutex_lock(&gate->lock);
    gate->inside++;
    job->entered_as = ++gate->entered;
    if (gate->inside > gate->most)
        gate->most = gate->inside;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->is_open && gate->let == 0)
        pthread_cond_wait(&gate->changed, &gate->lock);
    if (!gate->is_open)
        gate->let--;
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

static void gate_let(struct gate *gate, size_t count)
{
    pthread_mutex_lock(&gate->lock);
    gate->let += count;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_await_entered(struct gate *gate, size_t entered)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->entered < entered)
        pthread_cond_wait(&gate->changed, &gate->lock);
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
#define MANY_WORKERS 4
#define QUEUE 3
#define JOBS (WORKERS + QUEUE)

struct scene {
    struct event_base *base;
    struct pool *pool;
    struct gate gate;
    struct job jobs[JOBS + 1];
};

static struct scene *scene_new(size_t workers)
{
    const struct pool_bounds bounds = {QUEUE, QUEUE, QUEUE};
    struct scene *scene = test_calloc(1, sizeof *scene);

    scene->base = event_base_new();
    pthread_mutex_init(&scene->gate.lock, NULL);
    pthread_cond_init(&scene->gate.changed, NULL);
    for (size_t i = 0; i <= JOBS; i++)
        scene->jobs[i] = (struct job){
            {.class = POOL_STRANGER, .work = work, .done = done},
            &scene->gate, false, false, 0
        };
    assert_int_equal(pool_new(scene->base, workers, &bounds, &scene->pool, NULL), ERR_NONE);
    return scene;
}

static int setup(void **state)
{
    *state = scene_new(WORKERS);
    return 0;
}

static int setup_many(void **state)
{
    *state = scene_new(MANY_WORKERS);
    return 0;
}

static bool submit(struct scene *scene, struct job *job)
{
    return pool_submit(scene->pool, &job->job) == POOL_TAKEN;
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
        assert_true(submit(scene, &scene->jobs[i]));
        gate_await(&scene->gate, i + 1);
    }
    for (size_t i = WORKERS; i < JOBS; i++)
        assert_true(submit(scene, &scene->jobs[i]));
}

static void drain(struct scene *scene)
{
    while (pool_outstanding(scene->pool) != 0)
        event_base_loop(scene->base, EVLOOP_ONCE);
}

static void test_bounds(void **state)
{
    struct scene *scene = *state;

    fill(scene);
    assert_int_equal(pool_waiting(scene->pool), QUEUE);
    assert_int_equal(pool_outstanding(scene->pool), JOBS);
    assert_false(submit(scene, &scene->jobs[JOBS]));
    gate_open(&scene->gate);
    drain(scene);
    assert_int_equal(scene->gate.most, WORKERS);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(scene->jobs[i].worked && scene->jobs[i].done);
    assert_false(scene->jobs[JOBS].worked || scene->jobs[JOBS].done);
    assert_true(submit(scene, &scene->jobs[JOBS]));
    drain(scene);
    assert_true(scene->jobs[JOBS].done);
}

static void test_smaller_queue(void **state)
{
    struct scene *scene = *state;

    fill(scene);
    pool_set_bounds(scene->pool, &(struct pool_bounds){JOBS, JOBS, JOBS});
    assert_true(submit(scene, &scene->jobs[JOBS]));
}

/* Who came last and is no stranger is the next to be worked on. */
static void test_owner_first(void **state)
{
    struct scene *scene = *state;
    struct job *owner = &scene->jobs[JOBS];

    fill(scene);
    owner->job.class = POOL_OWNER;
    assert_true(submit(scene, owner));
    gate_let(&scene->gate, 1);
    gate_await_entered(&scene->gate, WORKERS + 1);
    gate_open(&scene->gate);
    drain(scene);
    assert_int_equal(owner->entered_as, WORKERS + 1);
}

/* Of many threads one is left to owners, and a stranger's place to the next stranger. */
static void test_kept_worker(void **state)
{
    struct scene *scene = *state;
    struct job *owner = &scene->jobs[JOBS];

    for (size_t i = 0; i < MANY_WORKERS - 1; i++) {
        assert_true(submit(scene, &scene->jobs[i]));
        gate_await(&scene->gate, i + 1);
    }
    assert_true(submit(scene, &scene->jobs[MANY_WORKERS - 1]));
    assert_int_equal(pool_waiting(scene->pool), 1);
    owner->job.class = POOL_OWNER;
    assert_true(submit(scene, owner));
    gate_await(&scene->gate, MANY_WORKERS);
    assert_int_equal(pool_waiting(scene->pool), 1);
    gate_open(&scene->gate);
    drain(scene);
    assert_int_equal(owner->entered_as, MANY_WORKERS);
    assert_true(scene->jobs[MANY_WORKERS - 1].worked);
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
    cmocka_unit_test_setup_teardown(test_owner_first, setup, teardown),
    cmocka_unit_test_setup_teardown(test_kept_worker, setup_many, teardown),
    cmocka_unit_test_setup_teardown(test_end, setup, teardown))
