/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What logins leave in the guard's database: from where accounts are used, and what is counted
 * against guessers. A login hands it over and goes on; a thread of its own writes what has come in,
 * in one transaction, at most a second after the first of it came, and deletes what is over.
 *
 * No login waits for the database. While it is locked, full, gone or damaged, what there is to
 * write waits in memory, up to the bounds below; beyond, it is dropped: the guard goes by what it
 * has in memory, and a network that is not written down is known by the next login from it. One
 * line in the log says that it waits and why, and one that it is written again.
 *
 * The loop's thread calls all of it.
 */

#include "lib/base/error.h"
#include "lib/store/guess.h"
#include "lib/store/known-network.h"

/* Of each kind that wait; as many again may be with the thread. */
#define GUARD_WRITER_MAX 5000
/* How long they are gathered before they are written. */
#define GUARD_WRITER_GATHER_MS 500
/* How often it is looked for what is over, and how much is deleted at a time. */
#define GUARD_WRITER_TIDY_MS 60000
#define GUARD_WRITER_TIDY_ROWS 1000
/* Guesses that are kept, and for how long: what no limit counts any more is of no use. */
#define GUARD_WRITER_GUESSES_MAX 200000
#define GUARD_WRITER_GUESS_SECONDS ((int64_t)24 * 3600)
/* How long the system's clock must have gone evenly before networks are forgotten by it. */
#define GUARD_WRITER_STEADY_SECONDS 3600

struct guard_writer;

/*
 * The database need not be there. key: of the guesses, as guess.h has it; kept where another one
 * is found. NULL: of what is there the key could not be read, so that no guesses are written beside
 * it. known_seconds: how long a network is known. ERR_IO: no thread can be started.
 */
enum err guard_writer_new(const char *state_directory, const char *key, int64_t known_seconds,
    struct guard_writer **writer_r, struct failure *failure);
/* The guesses that count now. */
struct guess_span guard_writer_span(int64_t now);
void guard_writer_set_known_seconds(struct guard_writer *writer, int64_t known_seconds);
/* These copy the texts. What is put last is written last. */
void guard_writer_put_known(struct guard_writer *writer, const struct known_network *known);
void guard_writer_put_guess(struct guard_writer *writer, const struct guess *guess);
/* Has guesses deleted as guess_forget() does. */
void guard_writer_forget(struct guard_writer *writer, struct text account, struct text network);
/* Writes what waits, tried once, and ends the thread. Clears the pointer; NULL in it is well. */
void guard_writer_free(struct guard_writer **writer);
