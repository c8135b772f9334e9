/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which different things there were lately: the wrong passwords of an account, the accounts that a
 * network has tried. Of each thing there is a mark, a keyed hash of it, with the second in which it
 * was last seen. What is counted is exact: how many different ones a window holds that ends now. Of
 * more than RECENT_MAX the oldest are forgotten; no limit may be above it.
 *
 * Times are seconds since the epoch and are given by the caller. Where the clock was put back, what
 * is marked with a later time becomes of now. Embedded in its owner; one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_MAX 256

struct recent_mark {
    uint32_t hash;
    uint32_t at;
};

/* All zero: nothing yet. The oldest mark is first. */
struct recent {
    struct recent_mark *marks;
    uint16_t count, room;
};

void recent_done(struct recent *recent);
/* Marks it as seen now. False where it was there already: it is no further one. */
bool recent_note(struct recent *recent, uint32_t hash, int64_t now);
/* Forgets what was last seen at that time or before. */
void recent_expire(struct recent *recent, int64_t at);
/* How many different ones there were in the last window_s seconds. */
size_t recent_count(struct recent *recent, int64_t now, int64_t window_s);
/*
 * From which second on the window holds less than limit (1 at least) of them, if none is added:
 * now, where it does already.
 */
int64_t recent_free_at(struct recent *recent, int64_t now, int64_t window_s, size_t limit);
