/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One wave on its way through the resolver: the questions, the answers so far, and who waits.
 * Of the resolver alone. A wave belongs to the thread that sends it until it is handed over, then
 * to the resolver's thread.
 */

#include "lib/dns/resolver.h"

struct cache;
struct event;
struct lookup;

/* One question of a wave that waits for a lookup; linked in that lookup. */
struct waiter {
    struct waiter *next, *previous;
    struct lookup *lookup; /* NULL: waits for nothing */
    struct wave *wave;
    size_t index;
};

struct wave {
    struct wave *next, *previous; /* in the queue, later among the active */
    struct wave *next_cancelled;
    struct resolver *resolver;
    uintptr_t handle; /* what the sender knows it by */
    int64_t timeout_ms;
    struct event *timer; /* the deadline; NULL until it is active */
    struct event *grace; /* runs while answers wait to be given */
    struct arena *arena; /* holds all the below */
    struct dns_question *questions;
    const struct dns_answer **answers; /* NULL: not yet */
    const struct dns_answer **fresh;   /* those of them that the callback has not seen yet */
    struct waiter *waiters;
    size_t count, left; /* left: without answer */
    size_t fresh_count;
    size_t share_used; /* names asked for before, and lookups started while others lacked room */
    resolver_done_fn *done;
    void *context;
};

/* Copies the questions. A name that is none is answered DNS_NO_NAME at once. */
struct wave *wave_new(
    const struct dns_question *questions, size_t count, resolver_done_fn *done, void *context);
void wave_free(struct wave **wave);
/* Answers what the cache knows. */
void wave_fill(struct wave *wave, struct cache *cache);
/* A copy of answer for the question at index, which has none yet. */
void wave_put(struct wave *wave, size_t index, const struct dns_answer *answer);
/* DNS_TEMPORARY for all without answer. */
void wave_give_up(struct wave *wave);
/* Runs the callback with what is fresh. */
void wave_call(struct wave *wave, bool is_last);
