/* SPDX-License-Identifier: MIT */
#include "authd/recent.h"

#include <assert.h>
#include <string.h>

#include "lib/base/memory.h"

#define ROOM_FIRST 4

void recent_done(struct recent *recent)
{
    memory_free(&recent->marks);
    recent->count = recent->room = 0;
}

static void remove_at(struct recent *recent, size_t index)
{
    recent->count--;
    memmove(recent->marks + index, recent->marks + index + 1,
        (recent->count - index) * sizeof *recent->marks);
}

static bool find(const struct recent *recent, uint32_t hash, size_t *index_r)
{
    for (size_t i = 0; i < recent->count; i++)
        if (recent->marks[i].hash == hash) {
            *index_r = i;
            return true;
        }
    return false;
}

/* They lie behind all others, so that the order stays. */
static void pull_back(struct recent *recent, uint32_t now)
{
    for (size_t i = recent->count; i > 0 && recent->marks[i - 1].at > now; i--)
        recent->marks[i - 1].at = now;
}

static void make_room(struct recent *recent)
{
    if (recent->count < recent->room)
        return;
    if (recent->count == RECENT_MAX) {
        remove_at(recent, 0);
        return;
    }
    recent->room = recent->room == 0 ? ROOM_FIRST : (uint16_t)(recent->room * 2);
    recent->marks = memory_resize(recent->marks, recent->room, sizeof *recent->marks);
}

bool recent_note(struct recent *recent, uint32_t hash, int64_t now)
{
    size_t index;
    bool was_there = find(recent, hash, &index);

    pull_back(recent, (uint32_t)now);
    if (was_there)
        remove_at(recent, index);
    make_room(recent);
    recent->marks[recent->count++] = (struct recent_mark){.hash = hash, .at = (uint32_t)now};
    return !was_there;
}

void recent_expire(struct recent *recent, int64_t at)
{
    size_t old = 0;

    while (old < recent->count && recent->marks[old].at <= at)
        old++;
    recent->count = (uint16_t)(recent->count - old);
    if (old > 0)
        memmove(recent->marks, recent->marks + old, recent->count * sizeof *recent->marks);
}

size_t recent_count(struct recent *recent, int64_t now, int64_t window_s)
{
    size_t count = 0;

    pull_back(recent, (uint32_t)now);
    while (count < recent->count && recent->marks[recent->count - 1 - count].at > now - window_s)
        count++;
    return count;
}

int64_t recent_free_at(struct recent *recent, int64_t now, int64_t window_s, size_t limit)
{
    assert(limit > 0);
    if (recent_count(recent, now, window_s) < limit)
        return now;
    /* The last one that is too many must have left. */
    return recent->marks[recent->count - limit].at + window_s;
}
