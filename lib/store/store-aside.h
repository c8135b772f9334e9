/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A database as it was, kept beside the one that comes in its place: "keys.db.before-restore", with
 * the same owner and mode. There is one of them; the next takes its name. The thread of the caller.
 */

#include "lib/store/store.h"

#define STORE_ASIDE_TAIL "before-restore"

/*
 * Copies the database, which may go on being used. As store_open(), ERR_CORRUPT where it cannot be
 * copied for what is in it, ERR_LIMIT. The former copy stays where this one does not come to be.
 */
enum err store_copy_aside(
    const char *state_directory, enum store_kind kind, struct failure *failure);
/*
 * For one that cannot be opened: the file itself gets that name, its log and index likewise
 * ("keys.db-wal.before-restore"), and none is left.
 */
enum err store_move_aside(
    const char *state_directory, enum store_kind kind, struct failure *failure);
/* The database becomes what the copy holds, in one transaction. ERR_ABSENT: there is no copy. */
enum err store_take_back(
    const char *state_directory, enum store_kind kind, struct failure *failure);
