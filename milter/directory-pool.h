/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Connections to the directory database, for questions of single messages: each takes one that is
 * idle, or opens another, so that none waits for another's reading. A database that was replaced or
 * removed since is noticed. Any thread; a connection belongs to who took it.
 */

#include "lib/store/store.h"

struct directory_pool;

/* Copies state_directory. The database is opened when it is first needed. */
struct directory_pool *directory_pool_new(const char *state_directory);
/* What parts local parts from their extensions, for who takes a connection from now on. */
void directory_pool_set_delimiter(struct directory_pool *pool, char delimiter);
/* All connections must be back. Accepts a pointer to NULL. */
void directory_pool_free(struct directory_pool **pool);

/* A database that is missing is a failure (ERR_IO), no answer. */
enum err directory_pool_take(
    struct directory_pool *pool, struct store **store_r, struct failure *failure);
/*
 * Gives it back with what its last statement said: after an error the failure is written and the
 * connection closed. Returns err.
 */
enum err directory_pool_give(
    struct directory_pool *pool, struct store **store, enum err err, struct failure *failure);
