/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Rows for reports on their way to the seen database. The end of a message hands a row over and
 * goes on at once; a thread of its own writes what has come in, in one transaction, at most a
 * second after the first of it came, and deletes what is older or more than the operator wants to
 * keep.
 *
 * Mail never waits for the database. While it is locked, full, gone or damaged, rows wait in
 * memory, up to the bounds below; what comes then is dropped and counted. One line in the log says
 * that rows wait and why, one a minute at most how many were dropped, and one that the database
 * takes them again. The thread tries it after pauses that grow to a minute.
 *
 * seen_writer_put() may be called from any thread, the others from the main thread.
 */

#include "lib/base/error.h"
#include "lib/store/seen.h"

/* Of rows that wait; as many again may be with the thread. */
#define SEEN_WRITER_ROWS_MAX 10000
#define SEEN_WRITER_BYTES_MAX ((size_t)8 * 1024 * 1024)
/* How long rows are gathered before they are written. */
#define SEEN_WRITER_GATHER_MS 500
/* How often old rows are looked for, and how many are deleted at a time. */
#define SEEN_WRITER_TIDY_MS 60000
#define SEEN_WRITER_TIDY_ROWS 1000
/* How often dropped rows are told of. */
#define SEEN_WRITER_TELL_MS 60000

/* What is kept in the database. */
struct seen_bounds {
    int64_t seconds; /* rows that are older are deleted; 0: no row is kept */
    int64_t bytes;   /* beyond that the oldest are deleted */
};

struct seen_writer;

/* The database need not be there. ERR_IO: no thread can be started. */
enum err seen_writer_open(const char *state_directory, const struct seen_bounds *bounds,
    struct seen_writer **writer_r, struct failure *failure);
/* Other bounds from now on; the thread goes by them at once. */
void seen_writer_set_bounds(struct seen_writer *writer, const struct seen_bounds *bounds);
/* Copies the row. */
void seen_writer_put(struct seen_writer *writer, const struct seen *row);
/*
 * Writes what waits, each batch tried once, and ends the thread. Rows that are put after that are
 * dropped.
 */
void seen_writer_stop(struct seen_writer *writer);
/* Stops it where that was not done. Clears the pointer; accepts a pointer to NULL. */
void seen_writer_free(struct seen_writer **writer);
