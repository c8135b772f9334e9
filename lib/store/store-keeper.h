/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A database that a daemon writes to for as long as it runs, whatever becomes of it meanwhile: it
 * is made where it is missing, brought up to date where it is older, and opened anew where it was
 * removed, replaced or damaged. For databases that a daemon owns and that hold nothing which only
 * people can put back. One thread at a time, for most a thread of its own, since all of it waits
 * for the disk.
 */

#include "lib/store/store.h"

/* The pause after the first of several failures, and the longest. */
#define STORE_KEEPER_PAUSE_MS 1000
#define STORE_KEEPER_PAUSE_MAX_MS 60000

struct store_keeper {
    char *state_directory;
    enum store_kind kind;
    struct store *store; /* NULL after a failure, until it is open again */
    unsigned failures;   /* since the last success */
};

/* Opens nothing yet. */
void store_keeper_init(
    struct store_keeper *keeper, const char *state_directory, enum store_kind kind);
void store_keeper_done(struct store_keeper *keeper);

/* See that keeper->store is open and the one at the path. *is_anew_r: it was opened just now. */
enum err store_keeper_open(struct store_keeper *keeper, bool *is_anew_r, struct failure *failure);
/*
 * How it went: each opening and what was done then is reported here. Closes what may be damaged or
 * misplaced; a database that is only locked or full stays open. True for the first of several
 * failures, and for the success that ends them.
 */
bool store_keeper_note(struct store_keeper *keeper, enum err err);
/* How long to wait before the next attempt: 0 where the last one worked. */
int64_t store_keeper_pause_ms(const struct store_keeper *keeper);
