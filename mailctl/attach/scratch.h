/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A folder for an hour: made for root alone, removed with all that is in it. For copies of
 * configurations, passwords in them, that are tried out before anything is changed. What a process
 * that was killed has left is removed by the next (journal_room_open(), which holds the lock).
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"

/* Within that folder; its path lives in the arena. */
enum err scratch_make(
    const char *folder, struct arena *arena, const char **path_r, struct failure *failure);
/* Removes all that scratch_make() made in that folder, whosever it is. */
void scratch_sweep(const char *folder);
/* Writes a file below it; folders in between are made. The path of the file is returned. */
enum err scratch_write(struct arena *arena, const char *scratch, const char *name,
    struct text content, const char **path_r, struct failure *failure);
/* Removes it; NULL is fine. */
void scratch_remove(const char *scratch);
