/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/check-run.h"

#include <pthread.h>

#include "lib/base/clock.h"
#include "lib/dns/direct.h"

struct pool {
    const struct check_run *run;
    struct check_run_domain *domains;
    size_t count;

    pthread_mutex_t lock; /* guards the below */
    pthread_cond_t changed;
    size_t next;      /* the first that nobody has taken */
    bool *is_done;    /* of each */
    size_t in_flight; /* questions to the resolver */
};

/*
 * A resolver that is asked for more than it has room for says that it cannot tell (resolver.h):
 * wait for one's turn. Who asks for more than all may ask alone.
 */
static void begin_questions(struct pool *pool, size_t count)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->in_flight != 0 && pool->in_flight + count > CHECK_RUN_QUESTIONS)
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

/* --- one domain ----------------------------------------------------------- */

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

static size_t take_questions(const struct check_run *run, const struct zone_server *server,
    struct direct_question *questions)
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
static void fetch_servers(const struct check_run *run, const struct zone_view *view,
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

static struct zone_view find_view(
    struct pool *pool, const struct check_run_domain *domain, int64_t *deadline_ms)
{
    struct answers *resolver = answers_new(domain->arena);
    struct zone_view view = {.zone = domain->request.domain, .resolver = resolver};

    if (pool->run->resolver_only)
        return view;
    while (!zone_view_find(domain->request.domain, resolver, domain->arena, &view))
        fetch_resolver(pool, resolver, deadline_ms);
    for (size_t i = 0; i < view.server_count; i++)
        view.servers[i].answers = answers_new(domain->arena);
    return view;
}

static void check_domain(struct pool *pool, struct check_run_domain *domain)
{
    int64_t deadline_ms = clock_monotonic_ms() + pool->run->timeout_ms;
    struct zone_view view;
    struct zone_check check = {.request = &domain->request,
        .records = &domain->records,
        .view = &view,
        .now = clock_wall()};

    domain->arena = arena_new();
    view = find_view(pool, domain, &deadline_ms);
    while (!zone_check_run(&check, domain->arena, &domain->findings)) {
        fetch_resolver(pool, view.resolver, &deadline_ms);
        fetch_servers(pool->run, &view, deadline_ms, domain->arena);
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
        check_domain(pool, &pool->domains[i]);
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

void check_run(const struct check_run *run, struct check_run_domain *domains, size_t count,
    check_run_done_fn *done, void *context)
{
    struct arena *arena = arena_new();
    struct pool pool = {.run = run,
        .domains = domains,
        .count = count,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .is_done = arena_alloc_zero(arena, count, sizeof(bool))};
    pthread_t threads[CHECK_RUN_THREADS];
    size_t started = 0, wanted = count < CHECK_RUN_THREADS ? count : CHECK_RUN_THREADS;

    while (started < wanted && pthread_create(&threads[started], NULL, work, &pool) == 0)
        started++;
    if (started == 0)
        (void)work(&pool);
    for (size_t i = 0; i < count; i++) {
        wait_for(&pool, i);
        done(context, &domains[i]);
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    arena_free(&arena);
}
