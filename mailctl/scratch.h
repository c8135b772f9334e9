/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A folder for an hour: made under /tmp for root alone, removed with all that is in it. For copies
 * of configurations that are tried out before anything is changed.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"

/* Its path lives in the arena. */
enum err scratch_make(struct arena *arena, const char **path_r, struct failure *failure);
/* Writes a file below it; folders in between are made. The path of the file is returned. */
enum err scratch_write(struct arena *arena, const char *scratch, const char *name,
    struct text content, const char **path_r, struct failure *failure);
/* Removes it; NULL is fine. */
void scratch_remove(const char *scratch);
