/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Looking at a database without touching it: for "mailctl status" and backups. Takes as long as
 * reading the whole file does; who cannot wait runs it in a process that he may kill.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* Whether the file is larger than that; one that cannot be looked at is not. */
bool store_check_exceeds(const struct store *store, int64_t bytes);
/*
 * SQLite's quick_check. ERR_CORRUPT with what it found first, or what kept it from looking.
 */
enum err store_check_sound(struct store *store, struct failure *failure);
/*
 * For one from elsewhere, before it is taken: SQLite's integrity_check, no row without the one that
 * it belongs to, and nothing but tables and indexes. ERR_CORRUPT.
 */
enum err store_check_whole(struct store *store, struct failure *failure);
/*
 * Whether this program knows each step of its schema. ERR_NEWER, where it is ahead only by what
 * store_open() takes, too.
 */
enum err store_check_known(struct store *store, enum store_kind kind, struct failure *failure);

/*
 * Folder and files: there, plain files of one name, with the owner and the modes of the design.
 * ERR_ACCESS: one of them is not, the failure says which; ERR_ABSENT, ERR_FOREIGN, ERR_IO.
 */
enum err store_check_owner(const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, struct failure *failure);
