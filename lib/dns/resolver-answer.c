/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "lib/dns/resolver.h"

/* Where the asking thread and the resolver's meet for the first call of a wave. */
struct rendezvous {
    pthread_mutex_t lock;
    pthread_cond_t called;
    bool is_called, is_left; /* is_left: the answers go nowhere any more */
    struct answers *answers;
    const struct dns_question *questions;
};

static void rendezvous_on_call(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    struct rendezvous *rendezvous = context;

    (void)is_last;
    pthread_mutex_lock(&rendezvous->lock);
    for (size_t i = 0; i < count && !rendezvous->is_left; i++)
        if (answers[i] != NULL)
            answers_put(rendezvous->answers, rendezvous->questions[i].name,
                rendezvous->questions[i].type, answers[i]);
    rendezvous->is_called = true;
    pthread_cond_signal(&rendezvous->called);
    pthread_mutex_unlock(&rendezvous->lock);
}

static void rendezvous_wait(struct rendezvous *rendezvous)
{
    pthread_mutex_lock(&rendezvous->lock);
    while (!rendezvous->is_called)
        pthread_cond_wait(&rendezvous->called, &rendezvous->lock);
    rendezvous->is_left = true;
    pthread_mutex_unlock(&rendezvous->lock);
}

bool resolver_answer(struct resolver *resolver, struct answers *answers, int64_t timeout_ms)
{
    struct rendezvous rendezvous = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .called = PTHREAD_COND_INITIALIZER, .answers = answers};
    size_t count = answers_take_missing(answers, &rendezvous.questions);
    struct wave *wave;

    if (count == 0)
        return false;
    wave = resolver_send(
        resolver, rendezvous.questions, count, timeout_ms, rendezvous_on_call, &rendezvous);
    rendezvous_wait(&rendezvous);
    if (wave != NULL)
        resolver_cancel(resolver, wave);
    for (size_t i = 0; i < count; i++)
        answers_put_back(answers, rendezvous.questions[i].name, rendezvous.questions[i].type);
    pthread_mutex_destroy(&rendezvous.lock);
    pthread_cond_destroy(&rendezvous.called);
    return true;
}
