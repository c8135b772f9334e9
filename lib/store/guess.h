/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the guard of authd has counted (authd/guard.h), in STORE_GUARD, so that a restart gives no
 * guesser a fresh start. A row says that a thing was seen, and when last; which thing it was, a
 * wrong password or the name of an account, only a few bits of a keyed hash tell. The thread of the
 * store; errors as store.h says.
 */

#include "lib/store/store.h"

struct guess {
    struct text count;   /* "account", "unknown", ... */
    struct text account; /* whose count it is; empty: the network's */
    struct text network; /* "192.0.2.0/24"; empty: the account's */
    uint32_t mark;
    int64_t at; /* seconds since the epoch */
};

/* Writes it, in place of an earlier one of the same mark. */
enum err guess_put(struct store *store, const struct guess *guess);
/* One row; valid during the call only. */
typedef void guess_visit_fn(void *context, const struct guess *guess);
/* From when to when guesses count. What lies behind was written by a clock that was wrong. */
struct guess_span {
    int64_t after, until;
};

/* Visits those of that span, the latest max of them, in the order of their times. */
enum err guess_list(struct store *store, const struct guess_span *span, int64_t max,
    guess_visit_fn *visit, void *context);
/* Deletes what is outside of it, at most max of them. *count_r: how many. */
enum err guess_expire(
    struct store *store, const struct guess_span *span, int64_t max, int64_t *count_r);
/* Deletes what is counted of that account; of an empty one, what is of that network. */
enum err guess_forget(struct store *store, struct text account, struct text network);
/* Deletes all but the latest. */
enum err guess_trim(struct store *store, int64_t keep);

/* The key of the marks, in hexadecimal. */
#define GUESS_KEY_LEN 32

/* ERR_ABSENT: none is there. */
enum err guess_key_load(struct store *store, char key_r[GUESS_KEY_LEN + 1]);
/* Where another one or none is there: takes its place, and marks that were made with it go. */
enum err guess_key_keep(struct store *store, const char key[GUESS_KEY_LEN + 1]);
