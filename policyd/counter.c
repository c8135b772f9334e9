/* SPDX-License-Identifier: MIT */
#include "policyd/counter.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"

struct bucket {
    int64_t slot;
    struct counter_amounts amounts;
    bool dirty;
};

/* One user. The buckets are in the order of their slots. */
struct counter {
    struct text user;
    ARRAY(struct bucket) buckets;
    bool dirty;     /* in the list of what is to be saved */
    bool forgotten; /* what was saved of the user is void */
    struct counter *newer, *older;
    struct counter *next_dirty;
};

struct counters {
    struct map *by_user;
    int64_t period_ms, slot_ms;
    struct counter *newest, *oldest; /* by the last time that something was added */
    struct counter *dirty;
};

static int64_t slot_width(int64_t period_ms)
{
    int64_t width = (period_ms + COUNTER_SLOTS - 1) / COUNTER_SLOTS;

    return width > 0 ? width : 1;
}

static int64_t slot_end(const struct counters *counters, int64_t slot)
{
    return (slot + 1) * counters->slot_ms;
}

static bool is_expired(const struct counters *counters, int64_t slot, int64_t now_ms)
{
    return slot_end(counters, slot) + counters->period_ms <= now_ms;
}

struct counters *counters_new(int64_t period_ms)
{
    struct counters *counters = memory_alloc_zero(1, sizeof *counters);

    counters->by_user = map_new();
    counters->period_ms = period_ms;
    counters->slot_ms = slot_width(period_ms);
    return counters;
}

static void unlink_counter(struct counters *counters, struct counter *counter)
{
    if (counter->newer != NULL)
        counter->newer->older = counter->older;
    else
        counters->newest = counter->older;
    if (counter->older != NULL)
        counter->older->newer = counter->newer;
    else
        counters->oldest = counter->newer;
}

static void link_newest(struct counters *counters, struct counter *counter)
{
    counter->newer = NULL;
    counter->older = counters->newest;
    if (counters->newest != NULL)
        counters->newest->newer = counter;
    else
        counters->oldest = counter;
    counters->newest = counter;
}

static void counter_free(struct counter *counter)
{
    array_done(&counter->buckets);
    free((char *)(uintptr_t)counter->user.data);
    free(counter);
}

/* Only for what is not in the list of what is to be saved. */
static void remove_counter(struct counters *counters, struct counter *counter)
{
    unlink_counter(counters, counter);
    map_remove(counters->by_user, counter->user);
    counter_free(counter);
}

void counters_free(struct counters **counters)
{
    struct counter *counter, *newer;

    if (*counters == NULL)
        return;
    for (counter = (*counters)->oldest; counter != NULL; counter = newer) {
        newer = counter->newer;
        counter_free(counter);
    }
    map_free(&(*counters)->by_user);
    memory_free(counters);
}

size_t counters_count(const struct counters *counters)
{
    return map_count(counters->by_user);
}

static void drop_oldest(struct counters *counters)
{
    struct counter *counter = counters->oldest;

    while (counter != NULL && counter->dirty)
        counter = counter->newer;
    if (counter != NULL)
        remove_counter(counters, counter);
}

static struct counter *get_counter(struct counters *counters, struct text user)
{
    struct counter *counter = map_get(counters->by_user, user);

    if (counter != NULL)
        return counter;
    if (map_count(counters->by_user) >= COUNTER_USERS_MAX)
        drop_oldest(counters);
    counter = memory_alloc_zero(1, sizeof *counter);
    counter->user = text_from_bytes(memory_copy_bytes(user.data, user.len), user.len);
    map_put(counters->by_user, counter->user, counter);
    link_newest(counters, counter);
    return counter;
}

static void mark_dirty(struct counters *counters, struct counter *counter)
{
    if (counter->dirty)
        return;
    counter->dirty = true;
    counter->next_dirty = counters->dirty;
    counters->dirty = counter;
}

static void prune(const struct counters *counters, struct counter *counter, int64_t now_ms)
{
    size_t expired = 0;

    while (expired < counter->buckets.count &&
           is_expired(counters, counter->buckets.items[expired].slot, now_ms))
        expired++;
    if (expired == 0)
        return;
    counter->buckets.count -= expired;
    memmove(counter->buckets.items, counter->buckets.items + expired,
        counter->buckets.count * sizeof *counter->buckets.items);
}

static void add_amounts(struct counter_amounts *sum, const struct counter_amounts *amounts)
{
    for (int unit = 0; unit < COUNTER_UNIT_COUNT; unit++)
        sum->of[unit] += amounts->of[unit];
}

struct counter_amounts counters_used(struct counters *counters, struct text user, int64_t now_ms)
{
    struct counter *counter = map_get(counters->by_user, user);
    struct counter_amounts sum = {{0}};

    if (counter == NULL)
        return sum;
    prune(counters, counter, now_ms);
    for (size_t i = 0; i < counter->buckets.count; i++)
        add_amounts(&sum, &counter->buckets.items[i].amounts);
    return sum;
}

void counters_each(struct counters *counters, int64_t now_ms, size_t max,
    void (*visit)(void *context, struct text user), void *context)
{
    for (struct counter *counter = counters->newest; counter != NULL && max > 0;
         counter = counter->older) {
        prune(counters, counter, now_ms);
        if (counter->buckets.count == 0)
            continue;
        visit(context, counter->user);
        max--;
    }
}

/* The bucket of the slot, made where it is missing; nearly always it is the last one. */
static struct bucket *get_bucket(struct counter *counter, int64_t slot)
{
    const struct bucket empty = {.slot = slot};
    size_t at = counter->buckets.count;

    while (at > 0 && counter->buckets.items[at - 1].slot > slot)
        at--;
    if (at > 0 && counter->buckets.items[at - 1].slot == slot)
        return &counter->buckets.items[at - 1];
    array_push(&counter->buckets, empty);
    for (size_t i = counter->buckets.count - 1; i > at; i--)
        counter->buckets.items[i] = counter->buckets.items[i - 1];
    counter->buckets.items[at] = empty;
    return &counter->buckets.items[at];
}

void counters_add(struct counters *counters, struct text user,
    const struct counter_amounts *amounts, int64_t now_ms)
{
    struct counter *counter = get_counter(counters, user);
    struct bucket *bucket;

    prune(counters, counter, now_ms);
    bucket = get_bucket(counter, now_ms / counters->slot_ms);
    add_amounts(&bucket->amounts, amounts);
    bucket->dirty = true;
    unlink_counter(counters, counter);
    link_newest(counters, counter);
    mark_dirty(counters, counter);
}

void counters_restore(struct counters *counters, struct text user,
    const struct counter_amounts *amounts, int64_t at_ms, int64_t now_ms)
{
    /* From a clock that was ahead: as if it had passed now, or it would count for too long. */
    int64_t slot = (at_ms <= now_ms ? at_ms - 1 : now_ms) / counters->slot_ms;
    struct counter *counter;

    if (is_expired(counters, slot, now_ms))
        return;
    counter = get_counter(counters, user);
    add_amounts(&get_bucket(counter, slot)->amounts, amounts);
    unlink_counter(counters, counter);
    link_newest(counters, counter);
    if (slot_end(counters, slot) == at_ms)
        return;
    /* Saved with other slots: what is saved next would stand beside it and count twice. */
    counter->forgotten = true;
    mark_dirty(counters, counter);
}

int64_t counters_free_at(struct counters *counters, struct text user, enum counter_unit unit,
    int64_t amount, int64_t limit, int64_t now_ms)
{
    int64_t used = counters_used(counters, user, now_ms).of[unit];
    struct counter *counter = map_get(counters->by_user, user);

    if (amount > limit)
        return -1;
    if (used + amount <= limit)
        return now_ms;
    for (size_t i = 0; i < counter->buckets.count; i++) {
        used -= counter->buckets.items[i].amounts.of[unit];
        if (used + amount <= limit)
            return slot_end(counters, counter->buckets.items[i].slot) + counters->period_ms;
    }
    return -1;
}

bool counters_reset(struct counters *counters, struct text user)
{
    struct counter *counter = map_get(counters->by_user, user);

    if (counter == NULL || counter->buckets.count == 0)
        return false;
    array_clear(&counter->buckets);
    counter->forgotten = true;
    mark_dirty(counters, counter);
    return true;
}

/* A slot of the old width becomes the slot of the new width that holds its last moment. */
static void change_slots(struct counter *counter, int64_t old_ms, int64_t new_ms, int64_t now_ms)
{
    ARRAY(struct bucket) old = ARRAY_NONE;

    old.items = counter->buckets.items;
    old.count = counter->buckets.count;
    counter->buckets.items = NULL;
    counter->buckets.count = counter->buckets.room = 0;
    for (size_t i = 0; i < old.count; i++) {
        int64_t last_ms = (old.items[i].slot + 1) * old_ms - 1;
        struct bucket *bucket = get_bucket(counter, (last_ms < now_ms ? last_ms : now_ms) / new_ms);

        add_amounts(&bucket->amounts, &old.items[i].amounts);
        bucket->dirty = true;
    }
    array_done(&old);
}

void counters_set_period(struct counters *counters, int64_t period_ms, int64_t now_ms)
{
    int64_t old_ms = counters->slot_ms;

    if (period_ms == counters->period_ms)
        return;
    counters->period_ms = period_ms;
    counters->slot_ms = slot_width(period_ms);
    for (struct counter *counter = counters->oldest; counter != NULL; counter = counter->newer) {
        change_slots(counter, old_ms, counters->slot_ms, now_ms);
        counter->forgotten = true;
        mark_dirty(counters, counter);
    }
}

void counters_expire(struct counters *counters, int64_t now_ms, size_t max)
{
    struct counter *counter = counters->oldest;

    while (counter != NULL && max-- > 0) {
        struct counter *newer = counter->newer;

        prune(counters, counter, now_ms);
        if (counter->buckets.count != 0)
            return; /* all that were added to later are alive too */
        if (!counter->dirty)
            remove_counter(counters, counter);
        counter = newer;
    }
}

bool counters_are_dirty(const struct counters *counters)
{
    return counters->dirty != NULL;
}

static void save_counter(
    struct counters *counters, struct counter *counter, const struct counter_visitor *visitor)
{
    if (counter->forgotten)
        visitor->forget(visitor->context, counter->user);
    for (size_t i = 0; i < counter->buckets.count; i++) {
        struct bucket *bucket = &counter->buckets.items[i];

        if (bucket->dirty || counter->forgotten)
            visitor->save(visitor->context, counter->user, slot_end(counters, bucket->slot),
                &bucket->amounts);
        bucket->dirty = false;
    }
    counter->forgotten = false;
}

void counters_save(struct counters *counters, const struct counter_visitor *visitor)
{
    while (counters->dirty != NULL) {
        struct counter *counter = counters->dirty;

        counters->dirty = counter->next_dirty;
        counter->next_dirty = NULL;
        counter->dirty = false;
        save_counter(counters, counter, visitor);
    }
}

void counters_mark_all_dirty(struct counters *counters)
{
    for (struct counter *counter = counters->oldest; counter != NULL; counter = counter->newer) {
        counter->forgotten = true;
        mark_dirty(counters, counter);
    }
}
