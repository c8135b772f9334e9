/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Counters on disk: the limits database. It is read once, at start. What changes is then written
 * by a thread of its own, in one transaction each time, so that a slow disk or a locked database
 * delays no answer. Where that fails, one line says so and counting goes on in memory; once it
 * works again, all is written and another line says that.
 *
 * All functions run on the main thread.
 */

#include "lib/base/error.h"
#include "policyd/counter.h"

struct counter_sqlite;

/* Opens the database and takes what it holds of the last period into the counters. */
enum err counter_sqlite_open(const char *state_directory, struct counters *counters,
    int64_t period_ms, int64_t now_ms, struct counter_sqlite **keeper_r, struct failure *failure);
/*
 * Hands what has changed to the thread, and has rows from before expire_ms deleted. True where
 * nothing is left to do: all is saved, and the thread has nothing in hand.
 */
bool counter_sqlite_save(
    struct counter_sqlite *keeper, struct counters *counters, int64_t expire_ms);
/* Saves what is left, waits for that, ends the thread and closes the database. */
void counter_sqlite_close(
    struct counter_sqlite **keeper, struct counters *counters, int64_t expire_ms);
