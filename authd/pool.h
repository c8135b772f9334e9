/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A bounded pool of threads for work that would hold up the loop: hashing. The loop submits jobs;
 * a thread works on one at a time, so that memory is bounded by the number of threads; the loop is
 * told when it is done. A job belongs to the pool from submit until its done() is called. All but
 * work() runs on the loop's thread.
 *
 * Those that wait stand in two queues, owners before strangers (pool-queue.h), so that an owner
 * waits for one hash under way at most and for other owners, whatever the flood. Of four threads
 * and more one is never given to strangers: an account that moved in with a costly hash, which
 * anybody can ask for, holds a thread for seconds. Of fewer threads all are: to spare an owner the
 * wait for one hash would cost a third of the hashing, or half of it.
 */

#include <event2/event.h>

#include "authd/pool-queue.h"
#include "lib/base/error.h"

struct pool;

/* workers: at least 1. ERR_IO: no thread or descriptor to be had. */
enum err pool_new(struct event_base *base, size_t workers, const struct pool_bounds *bounds,
    struct pool **pool_r, struct failure *failure);
/* Waits for the jobs at work, calls done() for every job that was submitted. */
void pool_free(struct pool **pool);
/* But for POOL_TAKEN nothing was taken. Never blocks. */
enum pool_answer pool_submit(struct pool *pool, struct pool_job *job);
/* Jobs submitted whose done() has not been called. */
size_t pool_outstanding(const struct pool *pool);
/* Jobs that no thread has begun. */
size_t pool_waiting(struct pool *pool);
/* New bounds; jobs that wait already stay. */
void pool_set_bounds(struct pool *pool, const struct pool_bounds *bounds);
