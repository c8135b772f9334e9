/* SPDX-License-Identifier: MIT */
#include "milter/waves.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/memory.h"

/* One wave: its questions, and later its answers, in an arena of its own. */
struct box {
    struct waves *waves;
    struct box *next;
    struct arena *arena;
    const struct dns_question *questions;
    const struct dns_answer **answers;
    size_t count;
    struct wave *handle; /* NULL where it was answered before the handle was known */
    bool is_in;
    bool is_taken;
};

struct waves {
    const struct world_resolver *resolver;
    struct answers *answers;
    waves_resume_fn *resume;
    void *context;
    struct box *boxes; /* the newest first; the list is the session thread's alone */
    size_t sent;
    pthread_mutex_t lock; /* guards is_in and handle of the boxes, and what follows */
    pthread_cond_t arrived;
    size_t out;
    bool is_parked;
};

struct waves *waves_new(const struct world_resolver *resolver, struct answers *answers,
    waves_resume_fn *resume, void *context)
{
    struct waves *waves = memory_alloc_zero(1, sizeof *waves);

    waves->resolver = resolver;
    waves->answers = answers;
    waves->resume = resume;
    waves->context = context;
    pthread_mutex_init(&waves->lock, NULL);
    pthread_cond_init(&waves->arrived, NULL);
    return waves;
}

/* On the resolver's thread, or inside waves_send(). */
static void box_filled(void *context, const struct dns_answer *const *answers, size_t count)
{
    struct box *box = context;
    struct waves *waves = box->waves;

    for (size_t i = 0; i < count; i++)
        box->answers[i] = dns_answer_copy(answers[i], box->arena);
    pthread_mutex_lock(&waves->lock);
    box->is_in = true;
    waves->out--;
    if (waves->is_parked) {
        waves->is_parked = false;
        waves->resume(waves->context);
    }
    /* Whoever waits in waves_free() may go on once the lock is given back: touch nothing then. */
    pthread_cond_signal(&waves->arrived);
    pthread_mutex_unlock(&waves->lock);
}

static struct box *box_new(struct waves *waves, const struct dns_question *questions, size_t count)
{
    struct arena *arena = arena_new();
    struct box *box = arena_alloc_zero(arena, 1, sizeof *box);
    struct dns_question *copy = arena_alloc_zero(arena, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        copy[i].name = arena_copy(arena, questions[i].name);
        copy[i].type = questions[i].type;
    }
    box->waves = waves;
    box->arena = arena;
    box->questions = copy;
    box->answers = arena_alloc_zero(arena, count, sizeof *box->answers);
    box->count = count;
    box->next = waves->boxes;
    waves->boxes = box;
    return box;
}

bool waves_send(struct waves *waves, int64_t timeout_ms)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(waves->answers, &questions);
    struct box *box;
    struct wave *handle;

    if (count == 0)
        return false;
    if (waves->sent >= WAVES_MAX) {
        answers_give_up(waves->answers);
        return true;
    }
    box = box_new(waves, questions, count);
    waves->sent++;
    pthread_mutex_lock(&waves->lock);
    waves->out++;
    pthread_mutex_unlock(&waves->lock);
    handle = waves->resolver->send(
        waves->resolver->context, box->questions, count, timeout_ms, box_filled, box);
    pthread_mutex_lock(&waves->lock);
    box->handle = box->is_in ? NULL : handle;
    pthread_mutex_unlock(&waves->lock);
    return true;
}

bool waves_take(struct waves *waves)
{
    bool any = false;

    for (struct box *box = waves->boxes; box != NULL; box = box->next) {
        bool is_in;

        if (box->is_taken)
            continue;
        pthread_mutex_lock(&waves->lock);
        is_in = box->is_in;
        pthread_mutex_unlock(&waves->lock);
        if (!is_in)
            continue;
        for (size_t i = 0; i < box->count; i++)
            answers_put(
                waves->answers, box->questions[i].name, box->questions[i].type, box->answers[i]);
        box->is_taken = true;
        any = true;
    }
    return any;
}

size_t waves_out(struct waves *waves)
{
    size_t out;

    pthread_mutex_lock(&waves->lock);
    out = waves->out;
    pthread_mutex_unlock(&waves->lock);
    return out;
}

size_t waves_sent(const struct waves *waves)
{
    return waves->sent;
}

bool waves_park(struct waves *waves)
{
    bool parked;

    pthread_mutex_lock(&waves->lock);
    parked = waves->out != 0;
    for (struct box *box = waves->boxes; box != NULL; box = box->next)
        parked = parked && (!box->is_in || box->is_taken);
    waves->is_parked = parked;
    pthread_mutex_unlock(&waves->lock);
    return parked;
}

/*
 * With the lock held, so that a callback that is under way cannot end, and its handle stays good,
 * while we look at it.
 */
static void box_recall(struct waves *waves, struct box *box)
{
    if (box->is_in || box->handle == NULL)
        return;
    if (waves->resolver->cancel(waves->resolver->context, box->handle)) {
        box->is_in = true;
        waves->out--;
    }
}

void waves_free(struct waves **waves_pointer)
{
    struct waves *waves = *waves_pointer;

    *waves_pointer = NULL;
    if (waves == NULL)
        return;
    pthread_mutex_lock(&waves->lock);
    waves->is_parked = false;
    for (struct box *box = waves->boxes; box != NULL; box = box->next)
        box_recall(waves, box);
    while (waves->out != 0)
        pthread_cond_wait(&waves->arrived, &waves->lock);
    pthread_mutex_unlock(&waves->lock);
    while (waves->boxes != NULL) {
        struct arena *arena = waves->boxes->arena;

        waves->boxes = waves->boxes->next;
        arena_free(&arena);
    }
    pthread_cond_destroy(&waves->arrived);
    pthread_mutex_destroy(&waves->lock);
    free(waves);
}
