/* SPDX-License-Identifier: MIT */
#include "milter/waves.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/memory.h"

/* One wave that was sent, in the arena of its questions. */
struct sent {
    struct waves *waves;
    struct sent *next;
    struct arena *arena;
    const struct dns_question *questions;
    struct wave *handle; /* NULL where all was answered while sending */
};

/* What one call of the resolver brought: some answers of a wave, in an arena of their own. */
struct parcel {
    struct parcel *next;
    struct arena *arena;
    const struct dns_question *questions; /* of the wave */
    const struct dns_answer **answers;    /* NULL: not in this parcel */
    size_t count;
};

struct waves {
    const struct world_resolver *resolver;
    struct answers *answers;
    waves_resume_fn *resume;
    void *context;
    struct sent *sent; /* the newest first */
    size_t sent_count;
    size_t asked;         /* names, in all of them */
    pthread_mutex_t lock; /* guards what follows; all above is the session thread's alone */
    struct parcel *parcels;
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
    return waves;
}

static struct parcel *parcel_new(
    const struct sent *sent, const struct dns_answer *const *answers, size_t count)
{
    struct arena *arena = arena_new();
    struct parcel *parcel = arena_alloc_zero(arena, 1, sizeof *parcel);

    parcel->arena = arena;
    parcel->questions = sent->questions;
    parcel->answers = arena_alloc_zero(arena, count, sizeof(const struct dns_answer *));
    parcel->count = count;
    for (size_t i = 0; i < count; i++)
        if (answers[i] != NULL)
            parcel->answers[i] = dns_answer_copy(answers[i], arena);
    return parcel;
}

static void parcel_free(struct parcel *parcel)
{
    struct arena *arena = parcel->arena;

    arena_free(&arena);
}

/* On the resolver's thread, or inside waves_send(). */
static void sent_on_call(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    const struct sent *sent = context;
    struct waves *waves = sent->waves;
    struct parcel *parcel = parcel_new(sent, answers, count);

    pthread_mutex_lock(&waves->lock);
    parcel->next = waves->parcels;
    waves->parcels = parcel;
    if (is_last)
        waves->out--;
    if (waves->is_parked) {
        waves->is_parked = false;
        waves->resume(waves->context);
    }
    pthread_mutex_unlock(&waves->lock);
}

static struct sent *sent_new(
    struct waves *waves, const struct dns_question *questions, size_t count)
{
    struct arena *arena = arena_new();
    struct sent *sent = arena_alloc_zero(arena, 1, sizeof *sent);
    struct dns_question *copy = arena_alloc_zero(arena, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        copy[i].name = arena_copy(arena, questions[i].name);
        copy[i].type = questions[i].type;
    }
    sent->waves = waves;
    sent->arena = arena;
    sent->questions = copy;
    sent->next = waves->sent;
    waves->sent = sent;
    waves->sent_count++;
    return sent;
}

bool waves_send(struct waves *waves, int64_t timeout_ms)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(waves->answers, &questions);
    struct sent *sent;

    if (count == 0)
        return false;
    if (waves->sent_count >= WAVES_MAX) {
        answers_give_up(waves->answers);
        return true;
    }
    sent = sent_new(waves, questions, count);
    pthread_mutex_lock(&waves->lock);
    waves->out++;
    pthread_mutex_unlock(&waves->lock);
    sent->handle = waves->resolver->send(waves->resolver->context, sent->questions, count,
        waves->asked, timeout_ms, sent_on_call, sent);
    waves->asked += count;
    return true;
}

static void parcel_unpack(const struct parcel *parcel, struct answers *answers)
{
    for (size_t i = 0; i < parcel->count; i++)
        if (parcel->answers[i] != NULL)
            answers_put(
                answers, parcel->questions[i].name, parcel->questions[i].type, parcel->answers[i]);
}

bool waves_take(struct waves *waves)
{
    struct parcel *parcel, *next;
    bool any;

    pthread_mutex_lock(&waves->lock);
    parcel = waves->parcels;
    waves->parcels = NULL;
    pthread_mutex_unlock(&waves->lock);
    any = parcel != NULL;
    for (; parcel != NULL; parcel = next) {
        next = parcel->next;
        parcel_unpack(parcel, waves->answers);
        parcel_free(parcel);
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
    return waves->sent_count;
}

bool waves_park(struct waves *waves)
{
    bool parked;

    pthread_mutex_lock(&waves->lock);
    parked = waves->is_parked = waves->out != 0 && waves->parcels == NULL;
    pthread_mutex_unlock(&waves->lock);
    return parked;
}

/* After it nothing of the resolver touches the waves any more. */
static void recall(struct waves *waves)
{
    pthread_mutex_lock(&waves->lock);
    waves->is_parked = false;
    pthread_mutex_unlock(&waves->lock);
    for (const struct sent *sent = waves->sent; sent != NULL; sent = sent->next)
        if (sent->handle != NULL)
            waves->resolver->cancel(waves->resolver->context, sent->handle);
}

void waves_free(struct waves **waves_pointer)
{
    struct waves *waves = *waves_pointer;

    *waves_pointer = NULL;
    if (waves == NULL)
        return;
    recall(waves);
    for (struct parcel *parcel = waves->parcels, *next; parcel != NULL; parcel = next) {
        next = parcel->next;
        parcel_free(parcel);
    }
    while (waves->sent != NULL) {
        struct arena *arena = waves->sent->arena;

        waves->sent = waves->sent->next;
        arena_free(&arena);
    }
    pthread_mutex_destroy(&waves->lock);
    free(waves);
}
