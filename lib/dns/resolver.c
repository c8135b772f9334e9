/* SPDX-License-Identifier: MIT */
#include "lib/dns/resolver.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/dns/cache.h"
#include "lib/dns/lookups.h"
#include "lib/dns/wave.h"

#define CACHE_ENTRIES_DEFAULT 10000
#define TIMEOUT_MAX_MS (3600 * 1000)

/* What a thread that flushes waits for; its own, in the resolver's list until it is over. */
struct flush {
    struct flush *next;
    struct failure failure;
    enum err err;
    bool is_over;
};

struct resolver {
    struct resolver_options options; /* with server names of its own */
    struct cache *cache;
    int wake_fd;
    pthread_t thread;

    /* The hand-over, guarded by lock. */
    pthread_mutex_t lock;
    struct wave *queue, *queue_last;
    struct map *claims; /* handle to wave, until its last call starts or it is cancelled */
    struct wave *cancelled;
    uintptr_t last_handle;
    uintptr_t calling;        /* the wave whose callback runs on the thread now; 0: none */
    pthread_cond_t call_over; /* calling has become 0 */
    size_t wave_count;        /* not yet freed */
    struct flush *flushes;
    pthread_cond_t flushed;
    bool is_closing;

    /* Of the resolver's thread alone. */
    struct event_base *base;
    struct event *wake;
    struct lookups *lookups;
    struct wave *active;
};

/* --- waves ---------------------------------------------------------------- */

static struct text handle_key(const uintptr_t *handle)
{
    return text_from_bytes((const char *)handle, sizeof *handle);
}

/*
 * Whoever takes the claim of a wave, its last call or resolver_cancel(), decides about its calls.
 * False where it was cancelled.
 */
static bool resolver_begin_call(struct resolver *resolver, uintptr_t handle, bool is_last)
{
    struct text key = handle_key(&handle);
    bool is_claimed;

    pthread_mutex_lock(&resolver->lock);
    is_claimed =
        (is_last ? map_remove(resolver->claims, key) : map_get(resolver->claims, key)) != NULL;
    if (is_claimed)
        resolver->calling = handle;
    pthread_mutex_unlock(&resolver->lock);
    return is_claimed;
}

static void resolver_end_call(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    resolver->calling = 0;
    pthread_cond_broadcast(&resolver->call_over);
    pthread_mutex_unlock(&resolver->lock);
}

/* Gives what is fresh. False where the wave was cancelled: nobody wants it any more. */
static bool wave_deliver(struct wave *wave, bool is_last)
{
    if (!resolver_begin_call(wave->resolver, wave->handle, is_last))
        return false;
    wave_call(wave, is_last);
    resolver_end_call(wave->resolver);
    return true;
}

static void wave_discard(struct wave *wave)
{
    struct resolver *resolver = wave->resolver;

    wave_free(&wave);
    pthread_mutex_lock(&resolver->lock);
    resolver->wave_count--;
    pthread_mutex_unlock(&resolver->lock);
}

/*
 * The end of a wave that was handed over: all answers are in, or will not come. A cancelled wave
 * is in the list of those, and freed with that.
 */
static void wave_end(struct wave *wave)
{
    wave_give_up(wave);
    if (wave_deliver(wave, true))
        wave_discard(wave);
}

static void wave_activate(struct wave *wave)
{
    struct resolver *resolver = wave->resolver;

    wave->previous = NULL;
    wave->next = resolver->active;
    if (wave->next != NULL)
        wave->next->previous = wave;
    resolver->active = wave;
}

static void wave_deactivate(struct wave *wave)
{
    *(wave->previous != NULL ? &wave->previous->next : &wave->resolver->active) = wave->next;
    if (wave->next != NULL)
        wave->next->previous = wave->previous;
    event_free(wave->timer);
    event_free(wave->grace);
    wave->timer = wave->grace = NULL;
    for (size_t i = 0; i < wave->count; i++)
        lookups_leave(wave->resolver->lookups, &wave->waiters[i]);
}

static void wave_finish(struct wave *wave)
{
    wave_deactivate(wave);
    wave_end(wave);
}

static void wave_on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct wave *wave = context;
    struct resolver *resolver = wave->resolver;

    (void)fd;
    (void)what;
    wave_finish(wave);
    lookups_drop_abandoned(resolver->lookups);
}

static void wave_on_grace(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    wave_deliver(context, false);
}

static void timer_start(struct event *timer, int64_t ms)
{
    const struct timeval timeout = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    evtimer_add(timer, &timeout);
}

static void wave_start_timers(struct wave *wave)
{
    wave->timer = evtimer_new(wave->resolver->base, wave_on_deadline, wave);
    wave->grace = evtimer_new(wave->resolver->base, wave_on_grace, wave);
    if (wave->timer == NULL || wave->grace == NULL)
        memory_exhausted();
    timer_start(wave->timer, wave->timeout_ms);
    if (wave->fresh_count != 0)
        timer_start(wave->grace, RESOLVER_GRACE_MS);
}

/* An answer has come in. A wave that is still asking looks at what it has when it is through. */
static void wave_on_answer(struct wave *wave)
{
    if (wave->timer == NULL)
        return;
    if (wave->left == 0)
        wave_finish(wave);
    else if (!evtimer_pending(wave->grace, NULL))
        timer_start(wave->grace, RESOLVER_GRACE_MS);
}

/*
 * Asks for all that the wave lacks. Answers may come while it is asking: a wave without timer is
 * not ended by them.
 */
static void wave_start(struct wave *wave)
{
    struct resolver *resolver = wave->resolver;

    for (size_t i = 0; i < wave->count; i++)
        if (wave->answers[i] == NULL)
            lookups_ask(resolver->lookups, &wave->waiters[i]);
    if (wave->left == 0) {
        wave_end(wave);
        return;
    }
    wave_start_timers(wave);
    wave_activate(wave);
}

/* --- the thread ----------------------------------------------------------- */

static bool resolver_is_cancelled(struct resolver *resolver, const struct wave *wave)
{
    bool is_cancelled;

    pthread_mutex_lock(&resolver->lock);
    is_cancelled = map_get(resolver->claims, handle_key(&wave->handle)) == NULL;
    pthread_mutex_unlock(&resolver->lock);
    return is_cancelled;
}

/* What other threads have left for this one. */
struct orders {
    struct wave *queue, *cancelled;
    struct flush *flushes;
    bool is_closing;
};

static struct orders resolver_take_orders(struct resolver *resolver)
{
    struct orders orders;

    pthread_mutex_lock(&resolver->lock);
    orders.queue = resolver->queue;
    orders.cancelled = resolver->cancelled;
    orders.flushes = resolver->flushes;
    orders.is_closing = resolver->is_closing;
    resolver->queue = resolver->queue_last = resolver->cancelled = NULL;
    resolver->flushes = NULL;
    pthread_mutex_unlock(&resolver->lock);
    return orders;
}

/* One renewal serves all who wait for one. */
static void resolver_run_flushes(struct resolver *resolver, struct flush *flushes)
{
    struct failure failure = {.text = ""};
    enum err err;

    if (flushes == NULL)
        return;
    err = lookups_renew(resolver->lookups, &failure);
    cache_flush(resolver->cache);
    pthread_mutex_lock(&resolver->lock);
    for (struct flush *flush = flushes, *next; flush != NULL; flush = next) {
        next = flush->next;
        flush->err = err;
        flush->failure = failure;
        flush->is_over = true;
    }
    pthread_cond_broadcast(&resolver->flushed);
    pthread_mutex_unlock(&resolver->lock);
}

static void resolver_start_queue(struct resolver *resolver, const struct orders *orders)
{
    for (struct wave *wave = orders->queue, *next; wave != NULL; wave = next) {
        next = wave->next;
        if (orders->is_closing)
            wave_end(wave);
        else if (!resolver_is_cancelled(resolver, wave))
            wave_start(wave);
    }
}

/* Each of them was taken from the queue before, and may still be active. */
static void discard_cancelled(struct wave *first)
{
    for (struct wave *wave = first, *next; wave != NULL; wave = next) {
        next = wave->next_cancelled;
        if (wave->timer != NULL)
            wave_deactivate(wave);
        wave_discard(wave);
    }
}

static void resolver_on_wake(evutil_socket_t fd, short what, void *context)
{
    struct resolver *resolver = context;
    struct orders orders;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof count) != (ssize_t)sizeof count)
        return;
    orders = resolver_take_orders(resolver);
    resolver_run_flushes(resolver, orders.flushes);
    resolver_start_queue(resolver, &orders);
    discard_cancelled(orders.cancelled);
    lookups_drop_abandoned(resolver->lookups);
    if (orders.is_closing)
        event_base_loopbreak(resolver->base);
}

/* Nothing new is queued any more, and no answer comes. */
static void resolver_abandon(struct resolver *resolver)
{
    while (resolver->active != NULL)
        wave_finish(resolver->active);
    discard_cancelled(resolver_take_orders(resolver).cancelled);
}

static void *resolver_run(void *context)
{
    struct resolver *resolver = context;

    event_base_dispatch(resolver->base);
    resolver_abandon(resolver);
    return NULL;
}

/* Signals are for the program's own threads. */
static bool resolver_start_thread(struct resolver *resolver)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&resolver->thread, NULL, resolver_run, resolver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        pthread_setname_np(resolver->thread, "resolver");
    return error == 0;
}

static void resolver_wake(struct resolver *resolver)
{
    const uint64_t one = 1;

    /* It fails only where the counter is full, and then the thread is awake. */
    if (write(resolver->wake_fd, &one, sizeof one) < 0)
        return;
}

/* --- opening and closing -------------------------------------------------- */

static void options_copy_servers(struct resolver_options *options)
{
    const char **servers = memory_alloc_zero(options->server_count + 1, sizeof *servers);

    for (size_t i = 0; i < options->server_count; i++)
        servers[i] = memory_copy_string(options->servers[i]);
    options->servers = servers;
}

static void options_free_servers(struct resolver_options *options)
{
    for (size_t i = 0; i < options->server_count; i++)
        free((char *)options->servers[i]);
    free((void *)options->servers);
}

static void resolver_free(struct resolver **resolver)
{
    lookups_close(&(*resolver)->lookups);
    if ((*resolver)->wake != NULL)
        event_free((*resolver)->wake);
    if ((*resolver)->base != NULL)
        event_base_free((*resolver)->base);
    if ((*resolver)->wake_fd >= 0)
        close((*resolver)->wake_fd);
    options_free_servers(&(*resolver)->options);
    map_free(&(*resolver)->claims);
    cache_free(&(*resolver)->cache);
    pthread_cond_destroy(&(*resolver)->call_over);
    pthread_cond_destroy(&(*resolver)->flushed);
    pthread_mutex_destroy(&(*resolver)->lock);
    memory_free(resolver);
}

static struct resolver *resolver_new(const struct resolver_options *options)
{
    struct resolver *resolver = memory_alloc_zero(1, sizeof *resolver);

    resolver->options = *options;
    options_copy_servers(&resolver->options);
    resolver->cache =
        cache_new(options->cache_entries != 0 ? options->cache_entries : CACHE_ENTRIES_DEFAULT);
    resolver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    resolver->claims = map_new();
    pthread_mutex_init(&resolver->lock, NULL);
    pthread_cond_init(&resolver->call_over, NULL);
    pthread_cond_init(&resolver->flushed, NULL);
    return resolver;
}

static enum err resolver_start(struct resolver *resolver, struct failure *failure)
{
    enum err err;

    if (resolver->wake_fd < 0)
        return failure_set_errno(failure, ERR_IO, "no event descriptor for the resolver");
    resolver->base = event_base_new();
    if (resolver->base != NULL)
        resolver->wake = event_new(
            resolver->base, resolver->wake_fd, EV_READ | EV_PERSIST, resolver_on_wake, resolver);
    if (resolver->wake == NULL || event_add(resolver->wake, NULL) != 0)
        return failure_set(failure, ERR_IO, "no event loop for the resolver");
    err = lookups_open(resolver->base, &resolver->options, resolver->cache, wave_on_answer,
        &resolver->lookups, failure);
    if (err == ERR_NONE && !resolver_start_thread(resolver))
        err = failure_set(failure, ERR_IO, "no thread for the resolver");
    return err;
}

enum err resolver_open(
    const struct resolver_options *options, struct resolver **resolver_r, struct failure *failure)
{
    struct resolver *resolver = resolver_new(options);
    enum err err = resolver_start(resolver, failure);

    if (err != ERR_NONE)
        resolver_free(&resolver);
    else
        *resolver_r = resolver;
    return err;
}

void resolver_close(struct resolver **resolver)
{
    if (*resolver == NULL)
        return;
    pthread_mutex_lock(&(*resolver)->lock);
    (*resolver)->is_closing = true;
    pthread_mutex_unlock(&(*resolver)->lock);
    resolver_wake(*resolver);
    pthread_join((*resolver)->thread, NULL);
    resolver_free(resolver);
}

/* --- asking --------------------------------------------------------------- */

/* False where the wave cannot be taken. The thread is woken for the first of a queue only. */
static bool resolver_enqueue(struct resolver *resolver, struct wave *wave, uintptr_t *handle_r)
{
    bool is_taken, is_first = false;

    pthread_mutex_lock(&resolver->lock);
    is_taken = !resolver->is_closing && resolver->wave_count < RESOLVER_WAVES_MAX;
    if (is_taken) {
        if (++resolver->last_handle == 0)
            ++resolver->last_handle;
        *handle_r = wave->handle = resolver->last_handle;
        map_put(resolver->claims, handle_key(&wave->handle), wave);
        is_first = resolver->queue == NULL;
        *(is_first ? &resolver->queue : &resolver->queue_last->next) = wave;
        resolver->queue_last = wave;
        resolver->wave_count++;
    }
    pthread_mutex_unlock(&resolver->lock);
    if (is_first)
        resolver_wake(resolver);
    return is_taken;
}

struct wave *resolver_send_further(struct resolver *resolver, const struct dns_question *questions,
    size_t count, size_t asked_before, int64_t timeout_ms, resolver_done_fn *done, void *context)
{
    struct wave *wave = wave_new(questions, count, done, context);
    uintptr_t handle;

    wave_fill(wave, resolver->cache);
    wave->resolver = resolver;
    wave->share_used = asked_before;
    wave->timeout_ms = timeout_ms < 1 ? 1 : timeout_ms;
    if (wave->timeout_ms > TIMEOUT_MAX_MS)
        wave->timeout_ms = TIMEOUT_MAX_MS;
    /* A handle is a number, not an address: one that is kept too long finds nothing. */
    if (wave->left != 0 && resolver_enqueue(resolver, wave, &handle))
        return (struct wave *)handle;
    wave_give_up(wave);
    wave_call(wave, true);
    wave_free(&wave);
    return NULL;
}

struct wave *resolver_send(struct resolver *resolver, const struct dns_question *questions,
    size_t count, int64_t timeout_ms, resolver_done_fn *done, void *context)
{
    return resolver_send_further(resolver, questions, count, 0, timeout_ms, done, context);
}

/* The wave itself is the thread's to free. */
bool resolver_cancel(struct resolver *resolver, struct wave *handle)
{
    const uintptr_t number = (uintptr_t)handle;
    struct wave *wave;

    pthread_mutex_lock(&resolver->lock);
    wave = map_remove(resolver->claims, handle_key(&number));
    if (wave != NULL) {
        wave->next_cancelled = resolver->cancelled;
        resolver->cancelled = wave;
    }
    while (resolver->calling == number && number != 0 &&
           !pthread_equal(pthread_self(), resolver->thread))
        pthread_cond_wait(&resolver->call_over, &resolver->lock);
    pthread_mutex_unlock(&resolver->lock);
    if (wave != NULL)
        resolver_wake(resolver);
    return wave != NULL;
}

enum err resolver_flush(struct resolver *resolver, struct failure *failure)
{
    struct flush *flush = memory_alloc_zero(1, sizeof *flush);
    enum err err;

    pthread_mutex_lock(&resolver->lock);
    flush->next = resolver->flushes;
    resolver->flushes = flush;
    resolver_wake(resolver);
    while (!flush->is_over)
        pthread_cond_wait(&resolver->flushed, &resolver->lock);
    pthread_mutex_unlock(&resolver->lock);
    err = flush->err;
    if (err != ERR_NONE && failure != NULL)
        *failure = flush->failure;
    free(flush);
    return err;
}
