/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/zone-run.h"

#include <pthread.h>
#include <sys/resource.h>

#include "lib/base/clock.h"
#include "lib/dns/direct.h"

struct pool {
    const struct zone_run *run;
    zone_run_job_fn *job;
    void *context;
    size_t count;

    pthread_mutex_t lock; /* guards the below */
    pthread_cond_t changed;
    size_t next;   /* the first that nobody has taken */
    bool *is_done; /* of each */
    struct arena **arenas;
    size_t in_flight; /* questions to the resolver */
};

/*
 * A resolver that is asked for more than it has room for says that it cannot tell (resolver.h):
 * wait for one's turn. Who asks for more than all may ask alone.
 */
static void begin_questions(struct pool *pool, size_t count)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->in_flight != 0 && pool->in_flight + count > ZONE_RUN_QUESTIONS)
        pthread_cond_wait(&pool->changed, &pool->lock);
    pool->in_flight += count;
    pthread_mutex_unlock(&pool->lock);
}

static void end_questions(struct pool *pool, size_t count)
{
    pthread_mutex_lock(&pool->lock);
    pool->in_flight -= count;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

/* --- one job -------------------------------------------------------------- */

static int64_t left_ms(int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_monotonic_ms();

    return left > 0 ? left : 0;
}

/* The time that it takes until it is our turn is not the DNS's. */
static void fetch_resolver(struct pool *pool, struct answers *answers, int64_t *deadline_ms)
{
    size_t count = answers_missing_count(answers);
    int64_t before_ms = clock_monotonic_ms();

    if (count == 0)
        return;
    begin_questions(pool, count);
    *deadline_ms += clock_monotonic_ms() - before_ms;
    while (answers_missing_count(answers) != 0)
        if (left_ms(*deadline_ms) == 0 ||
            !resolver_answer(pool->run->resolver, answers, left_ms(*deadline_ms)))
            answers_give_up(answers);
    end_questions(pool, count);
}

static size_t take_questions(
    const struct zone_run *run, const struct zone_server *server, struct direct_question *questions)
{
    const struct dns_question *missing;
    size_t count = answers_take_missing(server->answers, &missing);

    for (size_t i = 0; i < count; i++)
        questions[i] = (struct direct_question){.server = server->ip,
            .port = run->port,
            .name = missing[i].name,
            .type = missing[i].type};
    return count;
}

/* What is missing at all servers, in one go. */
static void fetch_servers(const struct zone_run *run, const struct zone_view *view,
    int64_t deadline_ms, struct arena *arena)
{
    size_t total = 0, at = 0, *counts = arena_alloc_zero(arena, view->server_count, sizeof(size_t));
    struct direct_question *questions;

    for (size_t i = 0; i < view->server_count; i++)
        total += answers_missing_count(view->servers[i].answers);
    questions = arena_alloc_zero(arena, total, sizeof *questions);
    for (size_t i = 0; i < view->server_count; i++) {
        counts[i] = take_questions(run, &view->servers[i], questions + at);
        at += counts[i];
    }
    direct_ask(questions, total, left_ms(deadline_ms), arena);
    at = 0;
    for (size_t i = 0; i < view->server_count; i++)
        for (size_t j = 0; j < counts[i]; j++, at++)
            answers_put(view->servers[i].answers, questions[at].name, questions[at].type,
                questions[at].answer);
}

static void do_job(struct pool *pool, size_t index)
{
    int64_t deadline_ms = clock_monotonic_ms() + pool->run->timeout_ms;
    struct arena *arena = arena_new();
    struct zone_views views;

    pool->arenas[index] = arena;
    zone_views_init(&views, pool->run->resolver_only, arena);
    while (!pool->job(pool->context, index, &views)) {
        fetch_resolver(pool, views.resolver, &deadline_ms);
        for (size_t i = 0; i < views.count; i++)
            fetch_servers(pool->run, &views.items[i], deadline_ms, arena);
    }
}

/* --- many ----------------------------------------------------------------- */

static size_t take(struct pool *pool)
{
    size_t index;

    pthread_mutex_lock(&pool->lock);
    index = pool->next < pool->count ? pool->next++ : pool->count;
    pthread_mutex_unlock(&pool->lock);
    return index;
}

static void *work(void *context)
{
    struct pool *pool = context;

    for (size_t i; (i = take(pool)) < pool->count;) {
        do_job(pool, i);
        pthread_mutex_lock(&pool->lock);
        pool->is_done[i] = true;
        pthread_cond_broadcast(&pool->changed);
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

static void wait_for(struct pool *pool, size_t index)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->is_done[index])
        pthread_cond_wait(&pool->changed, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void zone_run(const struct zone_run *run, size_t count, zone_run_job_fn *job,
    zone_run_done_fn *done, void *context)
{
    struct arena *arena = arena_new();
    struct pool pool = {.run = run,
        .job = job,
        .context = context,
        .count = count,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .is_done = arena_alloc_zero(arena, count, sizeof(bool)),
        .arenas = arena_alloc_zero(arena, count, sizeof(struct arena *))};
    pthread_t threads[ZONE_RUN_THREADS];
    size_t started = 0, wanted = count < ZONE_RUN_THREADS ? count : ZONE_RUN_THREADS;

    while (started < wanted && pthread_create(&threads[started], NULL, work, &pool) == 0)
        started++;
    if (started == 0)
        (void)work(&pool);
    for (size_t i = 0; i < count; i++) {
        wait_for(&pool, i);
        done(context, i);
        arena_free(&pool.arenas[i]);
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    arena_free(&arena);
}

void zone_run_want_files(size_t count)
{
    struct rlimit files;

    if (count < 2 || getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= ZONE_RUN_FILES)
        return;
    files.rlim_cur = files.rlim_max < ZONE_RUN_FILES ? files.rlim_max : ZONE_RUN_FILES;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}
