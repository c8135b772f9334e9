/* SPDX-License-Identifier: MIT */
#include "authd/pool-queue.h"

#include <assert.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"

#define KEY_BYTES 18

struct job_list {
    struct pool_job *first, *last;
    size_t count;
};

/* The strangers of one network; there while one of them waits. */
struct lane {
    struct lane *next;
    struct ip_network network;
    struct job_list jobs;
};

struct pool_queue {
    struct pool_bounds bounds;
    struct job_list owners;
    struct map *lanes;         /* by network */
    struct lane *first, *last; /* in the order of their turns */
    size_t strangers;
};

static void list_push(struct job_list *list, struct pool_job *job)
{
    job->next = NULL;
    *(list->first != NULL ? &list->last->next : &list->first) = job;
    list->last = job;
    list->count++;
}

static struct pool_job *list_take(struct job_list *list)
{
    struct pool_job *job = list->first;

    if (job != NULL) {
        list->first = job->next;
        list->count--;
    }
    return job;
}

struct pool_queue *pool_queue_new(const struct pool_bounds *bounds)
{
    struct pool_queue *queue = memory_alloc_zero(1, sizeof *queue);

    queue->bounds = *bounds;
    queue->lanes = map_new();
    return queue;
}

void pool_queue_free(struct pool_queue **queue)
{
    if (*queue == NULL)
        return;
    assert(pool_queue_count(*queue) == 0);
    map_free(&(*queue)->lanes);
    memory_free(queue);
}

void pool_queue_set_bounds(struct pool_queue *queue, const struct pool_bounds *bounds)
{
    queue->bounds = *bounds;
}

/* --- lanes --- */

static struct text lane_key(const struct ip_network *network, char bytes_r[KEY_BYTES])
{
    bytes_r[0] = (char)network->base.family;
    bytes_r[1] = (char)network->prefix_bits;
    memcpy(bytes_r + 2, network->base.bytes, sizeof network->base.bytes);
    return text_from_bytes(bytes_r, KEY_BYTES);
}

static struct lane *lane_find(const struct pool_queue *queue, const struct ip_network *network)
{
    char bytes[KEY_BYTES];

    return map_get(queue->lanes, lane_key(network, bytes));
}

/* Its turn comes after all others. */
static void lane_append(struct pool_queue *queue, struct lane *lane)
{
    lane->next = NULL;
    *(queue->first != NULL ? &queue->last->next : &queue->first) = lane;
    queue->last = lane;
}

static struct lane *lane_new(struct pool_queue *queue, const struct ip_network *network)
{
    struct lane *lane = memory_alloc_zero(1, sizeof *lane);
    char bytes[KEY_BYTES];

    lane->network = *network;
    map_put(queue->lanes, lane_key(network, bytes), lane);
    lane_append(queue, lane);
    return lane;
}

static void lane_free(struct pool_queue *queue, struct lane *lane)
{
    char bytes[KEY_BYTES];

    map_remove(queue->lanes, lane_key(&lane->network, bytes));
    free(lane);
}

/* --- both classes --- */

static enum pool_answer push_owner(struct pool_queue *queue, struct pool_job *job)
{
    if (queue->owners.count >= queue->bounds.owners_max)
        return POOL_IS_FULL;
    list_push(&queue->owners, job);
    return POOL_TAKEN;
}

/* The share is asked first: whose flood it is hears of it, whether or not the queue is full. */
static enum pool_answer push_stranger(struct pool_queue *queue, struct pool_job *job)
{
    struct lane *lane = lane_find(queue, &job->network);
    size_t of_its_network = lane != NULL ? lane->jobs.count : 0;

    if (of_its_network >= queue->bounds.share_max)
        return POOL_SHARE_IS_USED;
    if (queue->strangers >= queue->bounds.strangers_max)
        return POOL_IS_FULL;
    if (lane == NULL)
        lane = lane_new(queue, &job->network);
    list_push(&lane->jobs, job);
    queue->strangers++;
    return POOL_TAKEN;
}

enum pool_answer pool_queue_push(struct pool_queue *queue, struct pool_job *job)
{
    return job->class == POOL_OWNER ? push_owner(queue, job) : push_stranger(queue, job);
}

static struct pool_job *take_stranger(struct pool_queue *queue)
{
    struct lane *lane = queue->first;
    struct pool_job *job;

    if (lane == NULL)
        return NULL;
    queue->first = lane->next;
    job = list_take(&lane->jobs);
    queue->strangers--;
    if (lane->jobs.count != 0)
        lane_append(queue, lane);
    else
        lane_free(queue, lane);
    return job;
}

struct pool_job *pool_queue_take(struct pool_queue *queue, bool takes_strangers)
{
    struct pool_job *job = list_take(&queue->owners);

    return job == NULL && takes_strangers ? take_stranger(queue) : job;
}

size_t pool_queue_count(const struct pool_queue *queue)
{
    return queue->owners.count + queue->strangers;
}
