/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whole databases, from one file into another, while daemons work with them: page by page, as of
 * one moment, in memory that does not grow with them. For backups. The thread of the store.
 */

#include "lib/store/store.h"

/*
 * Copies what the store holds, within store_begin_reading() what it held then, into the file at
 * path, which is there and empty. ERR_BUSY, ERR_LIMIT (the disk is full), ERR_ACCESS, ERR_IO.
 */
enum err store_copy_out(struct store *store, const char *path, struct failure *failure);

/*
 * The database of that kind under the state directory, which is there, becomes what the store
 * holds. One transaction: whatever ends the process, it is the old one or the new one, and
 * everybody who has it open sees a change like any other (store_data_version()). ERR_UNSUPPORTED
 * where the two have pages of different sizes; else as store_open() and store_copy_out().
 */
enum err store_copy_in(struct store *store, const char *state_directory, enum store_kind kind,
    struct failure *failure);

/*
 * Where none of that kind is there: the folder with its owner (as store_prepare()) and a database
 * in it that holds what the store holds. It comes into its place by one rename, so that nobody ever
 * meets an empty one. A log that was left without its database is moved away as store_move_aside()
 * does. ERR_EXISTS: there is one.
 */
enum err store_copy_new(struct store *store, const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, struct failure *failure);
