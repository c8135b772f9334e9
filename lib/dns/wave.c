/* SPDX-License-Identifier: MIT */
#include "lib/dns/wave.h"

#include <assert.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/dns/cache.h"
#include "lib/dns/name.h"

static const struct dns_answer no_name = {.status = DNS_NO_NAME};
static const struct dns_answer temporary = {.status = DNS_TEMPORARY};

struct wave *wave_new(
    const struct dns_question *questions, size_t count, resolver_done_fn *done, void *context)
{
    struct arena *arena = arena_new();
    struct wave *wave = arena_alloc_zero(arena, 1, sizeof *wave);

    wave->arena = arena;
    wave->questions = arena_alloc_zero(arena, count, sizeof *wave->questions);
    wave->answers = arena_alloc_zero(arena, count, sizeof(const struct dns_answer *));
    wave->fresh = arena_alloc_zero(arena, count, sizeof(const struct dns_answer *));
    wave->waiters = arena_alloc_zero(arena, count, sizeof *wave->waiters);
    wave->count = wave->left = count;
    wave->done = done;
    wave->context = context;
    for (size_t i = 0; i < count; i++) {
        wave->questions[i].type = questions[i].type;
        wave->questions[i].name = arena_copy(arena, questions[i].name);
        text_lower_bytes((char *)wave->questions[i].name.data, questions[i].name.len);
        wave->waiters[i].wave = wave;
        wave->waiters[i].index = i;
        if (!dns_name_fits(questions[i].name))
            wave_put(wave, i, &no_name);
    }
    return wave;
}

void wave_free(struct wave **wave)
{
    struct arena *arena = (*wave)->arena;

    *wave = NULL;
    arena_free(&arena);
}

/* The answer is the wave's own. */
static void wave_take(struct wave *wave, size_t index, const struct dns_answer *answer)
{
    wave->answers[index] = wave->fresh[index] = answer;
    wave->fresh_count++;
    wave->left--;
}

void wave_fill(struct wave *wave, struct cache *cache)
{
    for (size_t i = 0; i < wave->count; i++) {
        const struct dns_answer *answer;

        if (wave->answers[i] != NULL)
            continue;
        answer = cache_get(cache, &wave->questions[i], wave->arena);
        if (answer != NULL)
            wave_take(wave, i, answer);
    }
}

void wave_put(struct wave *wave, size_t index, const struct dns_answer *answer)
{
    assert(wave->answers[index] == NULL && wave->left != 0);
    wave_take(wave, index, dns_answer_copy(answer, wave->arena));
}

void wave_give_up(struct wave *wave)
{
    for (size_t i = 0; i < wave->count; i++)
        if (wave->answers[i] == NULL)
            wave_put(wave, i, &temporary);
}

void wave_call(struct wave *wave, bool is_last)
{
    wave->done(wave->context, wave->fresh, wave->count, is_last);
    memset(wave->fresh, 0, wave->count * sizeof(const struct dns_answer *));
    wave->fresh_count = 0;
}
