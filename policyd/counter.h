/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What each user has sent in the last period, in memory.
 *
 * The window slides. Time is cut into slots of 1/64 of the period; a slot's messages and
 * recipients count until a whole period has passed since the END of the slot. So in no window of
 * the period's length does more than the limit pass, and capacity returns at most one slot (1.6 %
 * of the period) later than it could.
 *
 * All times are milliseconds since the epoch and are given by the caller, who makes sure that they
 * do not go back (policyd.c). What was changed since the last save is handed to whoever persists
 * it (counter-sqlite.h). Main thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"

#define COUNTER_SLOTS 64
/* Beyond that many users at a time the longest idle one is forgotten. */
#define COUNTER_USERS_MAX 1000000

enum counter_unit { COUNTER_MESSAGES, COUNTER_RECIPIENTS, COUNTER_UNIT_COUNT };

struct counter_amounts {
    int64_t of[COUNTER_UNIT_COUNT];
};

struct counters;

struct counters *counters_new(int64_t period_ms);
void counters_free(struct counters **counters);
/* Users in memory. */
size_t counters_count(const struct counters *counters);

/* What passed in the period up to now. */
struct counter_amounts counters_used(struct counters *counters, struct text user, int64_t now_ms);
/*
 * Visits the users who have sent something in the period up to now, who sent last first, at most
 * max of them. The visit changes nothing.
 */
void counters_each(struct counters *counters, int64_t now_ms, size_t max,
    void (*visit)(void *context, struct text user), void *context);
/* Counts what passes now. */
void counters_add(struct counters *counters, struct text user,
    const struct counter_amounts *amounts, int64_t now_ms);
/* Takes back what was saved, in the order of at_ms, at which it had passed at the latest. */
void counters_restore(struct counters *counters, struct text user,
    const struct counter_amounts *amounts, int64_t at_ms, int64_t now_ms);
/*
 * When the user may send another amount of the unit under the limit: now_ms where that is now, or
 * -1 where it is never, since the amount alone is over the limit.
 */
int64_t counters_free_at(struct counters *counters, struct text user, enum counter_unit unit,
    int64_t amount, int64_t limit, int64_t now_ms);
/* Forgets what the user has sent; false where nothing was known. */
bool counters_reset(struct counters *counters, struct text user);
/* Another period from now on; what is known is kept, in doubt as sent later. */
void counters_set_period(struct counters *counters, int64_t period_ms, int64_t now_ms);
/* Lets go of users who have sent nothing for a period, at most max of them. */
void counters_expire(struct counters *counters, int64_t now_ms, size_t max);

/* What has to be saved. at_ms: the end of the slot; all amounts of it, not the difference. */
struct counter_visitor {
    void (*forget)(void *context, struct text user); /* all that was saved of the user */
    void (*save)(
        void *context, struct text user, int64_t at_ms, const struct counter_amounts *amounts);
    void *context;
};

bool counters_are_dirty(const struct counters *counters);
/* Hands over what was changed, and takes it as saved. */
void counters_save(struct counters *counters, const struct counter_visitor *visitor);
/* What was saved is lost or void: the next save hands over everything. */
void counters_mark_all_dirty(struct counters *counters);
