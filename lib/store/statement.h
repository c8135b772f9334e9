/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How nouns talk to their database. A statement is a piece of SQL prepared once and kept with its
 * store; between start and finish it belongs to the caller:
 *
 *     struct statement *st = statement_start(store, "SELECT quota_bytes FROM ... = $name");
 *     statement_bind_text(st, "$name", name);
 *     err = statement_step(st);
 *     if (err == ERR_NONE)
 *         quota = statement_number(st, 0);
 *     statement_finish(st);
 *
 * Errors stick to the statement until it is finished, and to the transaction until its commit:
 * after one, calls do nothing and steps say it again. One thread, the store's.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct statement;

/* text is a literal: it stays as long as the store. Never NULL. */
struct statement *statement_start(struct store *store, const char *text)
    __attribute__((returns_nonnull));
/* The bytes stay where they are until the statement is finished. */
void statement_bind_text(struct statement *statement, const char *name, struct text value);
void statement_bind_number(struct statement *statement, const char *name, int64_t value);
/* ERR_NONE: a row is there; ERR_ABSENT: no more; else the statement has failed. */
enum err statement_step(struct statement *statement);
/* Columns of the row at hand, from 0. The text is a copy in the arena. */
struct text statement_text(struct statement *statement, int column, struct arena *arena);
int64_t statement_number(struct statement *statement, int column);
bool statement_flag(struct statement *statement, int column);
/* ERR_NONE, or what went wrong since the start. Having no more rows is no error. */
enum err statement_finish(struct statement *statement);

/* Steps to the end and finishes: for INSERT, UPDATE, DELETE. *changes_r (or NULL): rows. */
enum err statement_run(struct statement *statement, int64_t *changes_r);

/*
 * For changes of several statements: begins a transaction where the caller has not, and ends it
 * again. The end returns err, or what the commit says.
 */
bool statement_begin(struct store *store);
enum err statement_end(struct store *store, bool own, enum err err);

/* Secrets are destroyed in this transaction: after it no file of the database holds them. */
void statement_destroys(struct store *store);

/*
 * For a noun that finds a change refused or nothing to change: keeps the sentence for
 * store_failure() and sticks to the transaction. Returns err.
 */
enum err statement_refuse(struct store *store, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a lookup that found nothing: does not stick. */
enum err statement_absent(struct store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
