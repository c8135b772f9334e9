/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a user's mail goes besides or in place of the mailbox, in STORE_DIRECTORY. It goes there by
 * whatever way it came to the user: over an alias, or with an extension, too. Whether the user may
 * log in does not matter. What goes when a user goes is forgotten with the user.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

#define FORWARD_TARGETS_MAX 100

struct forward {
    const struct text *targets; /* in the order in which they were given */
    size_t target_count;
    bool keeps_copy; /* the mailbox gets the mail, too */
};

/*
 * Sets, or replaces; none at all (target_count 0) takes the forward away. ERR_ABSENT: no such user.
 * ERR_RANGE: too many targets.
 */
enum err forward_set(struct store *store, struct text user, const struct forward *forward);
/* ERR_ABSENT: the user's mail is not forwarded, or there is no such user. */
enum err forward_find(
    struct store *store, struct text user, struct arena *arena, struct forward *forward_r);
