/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The jobs that wait for a thread of the pool. Owners stand in one queue, in the order in which
 * they came. Strangers stand in one queue for each network, and the networks take turns, so that
 * one with many logins is served no sooner than one with a single login; nor may it have more than
 * its share of them waiting. Both kinds have a bound of their own: however many strangers wait,
 * there is room for owners. Guarded by its owner's lock; jobs stay their owner's.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/ip.h"

enum pool_class {
    POOL_OWNER,   /* who is known: goes first */
    POOL_STRANGER /* anybody */
};

struct pool_job {
    struct pool_job *next; /* the pool's */
    enum pool_class class;
    struct ip_network network;          /* a stranger's; all zero where it is not known */
    void (*work)(struct pool_job *job); /* in a thread of the pool */
    void (*done)(struct pool_job *job); /* on the loop; may free the job */
};

/* A bound of 0 takes nothing. */
struct pool_bounds {
    size_t owners_max;    /* that may wait */
    size_t strangers_max; /* that may wait; of all networks */
    size_t share_max;     /* those of them that are of one network */
};

enum pool_answer {
    POOL_TAKEN,
    POOL_IS_FULL,      /* as many of its class wait as may */
    POOL_SHARE_IS_USED /* as many of its network wait as may */
};

struct pool_queue;

struct pool_queue *pool_queue_new(const struct pool_bounds *bounds);
/* No job may wait any more. */
void pool_queue_free(struct pool_queue **queue);
/* New bounds; jobs that wait already stay. */
void pool_queue_set_bounds(struct pool_queue *queue, const struct pool_bounds *bounds);
enum pool_answer pool_queue_push(struct pool_queue *queue, struct pool_job *job);
/* The next one, a stranger only where there is no owner; NULL: there is none. */
struct pool_job *pool_queue_take(struct pool_queue *queue, bool takes_strangers);
/* Of both classes. */
size_t pool_queue_count(const struct pool_queue *queue);
