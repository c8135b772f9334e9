/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The name that somebody may have meant who wrote another one: for "did you mean". Candidates are
 * offered one by one; the closest wins, the first among equals, and none where all are far off.
 * Case does not count. Plain memory; the texts stay the caller's. Any thread.
 *
 *     near_init(&near, wanted);
 *     for each name: near_offer(&near, name);
 *     near_best(&near);
 */

#include "lib/base/text.h"

/* Longer names are near nothing. */
#define NEAR_NAME_MAX 64

struct near {
    struct text wanted;
    const char *best;
    size_t distance; /* of the best; before that, the first that is too far */
};

void near_init(struct near *near, struct text wanted);
void near_offer(struct near *near, const char *name);
/* NULL where nothing is near. */
const char *near_best(const struct near *near);
