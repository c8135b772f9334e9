/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A bounded pool of threads for work that would hold up the loop: hashing. The loop submits jobs;
 * a thread works on one at a time, so that memory is bounded by the number of threads; the loop is
 * told when it is done. A job belongs to the pool from submit until its done() is called. All but
 * work() runs on the loop's thread.
 */

#include <event2/event.h>

#include "lib/base/error.h"

struct pool;

struct pool_job {
    struct pool_job *next;
    void (*work)(struct pool_job *job); /* in a thread of the pool */
    void (*done)(struct pool_job *job); /* on the loop; may free the job */
};

/* workers, queue_max: at least 1. ERR_IO: no thread or descriptor to be had. */
enum err pool_new(struct event_base *base, size_t workers, size_t queue_max, struct pool **pool_r,
    struct failure *failure);
/* Waits for the jobs at work, calls done() for every job that was submitted. */
void pool_free(struct pool **pool);
/* False where queue_max jobs wait already: nothing was taken. Never blocks. */
bool pool_submit(struct pool *pool, struct pool_job *job);
/* Jobs submitted whose done() has not been called. */
size_t pool_outstanding(const struct pool *pool);
/* Jobs that no thread has begun. */
size_t pool_waiting(struct pool *pool);
/* A new bound; jobs that wait already stay. */
void pool_set_queue_max(struct pool *pool, size_t queue_max);
