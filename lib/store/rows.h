/* SPDX-License-Identifier: MIT */
#pragma once

/* Rows of a list: collected in an ARRAY on the heap, then handed out from the caller's arena. */

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"

static inline const void *rows_keep(
    struct arena *arena, const void *items, size_t count, size_t item_size)
{
    void *kept;

    if (count == 0)
        return NULL;
    kept = arena_alloc_zero(arena, count, item_size);
    memcpy(kept, items, count * item_size);
    return kept;
}
