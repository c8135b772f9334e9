/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What users have sent, as policyd counts it, in the limits database: one row per user and slot of
 * time, so that a restart does not give anybody a fresh limit. Functions run on the store's
 * thread, and fail as store.h says.
 */

#include "lib/store/store.h"

struct usage {
    struct text user;
    int64_t at_ms; /* the end of the slot, milliseconds since the epoch */
    int64_t messages, recipients;
};

/* Writes the row of that user and slot, in place of an earlier one. */
enum err usage_put(struct store *store, const struct usage *usage);
/* Deletes all of a user. */
enum err usage_forget(struct store *store, struct text user);
/* Deletes everything. */
enum err usage_clear(struct store *store);
/* Deletes what is older than that, of all users. */
enum err usage_expire(struct store *store, int64_t before_ms);

/* One row, in the order of at_ms; valid during the call only. */
typedef void usage_visit_fn(void *context, const struct usage *usage);
/* Visits all rows from after_ms on. */
enum err usage_list(struct store *store, int64_t after_ms, usage_visit_fn *visit, void *context);
