/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Typed arrays that grow on the heap:
 *
 *     ARRAY(struct text) names = ARRAY_NONE;
 *     array_push(&names, TEXT("example.org"));
 *     for (size_t i = 0; i < names.count; i++) use(names.items[i]);
 *     array_done(&names);
 *
 * Owned by one thread; never fails (memory.h). Pointers into items are void after a push.
 */

#include <stddef.h>
#include <stdlib.h>

#include "lib/base/memory.h"

#define ARRAY(type)                                                                                \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
        size_t room;                                                                               \
    }
#define ARRAY_NONE                                                                                 \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* Room for one more after count items; for array_push alone. */
static inline void *array_make_room(void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return items;
    *room = *room != 0 ? *room * 2 : 8;
    return memory_resize(items, *room, item_size);
}

#define array_push(array, ...)                                                                     \
    ((array)->items = array_make_room(                                                             \
         (array)->items, (array)->count, &(array)->room, sizeof *(array)->items),                  \
        (array)->items[(array)->count++] = (__VA_ARGS__))

#define array_clear(array) ((void)((array)->count = 0))

#define array_done(array)                                                                          \
    (free((array)->items), (array)->items = NULL, (array)->count = 0, (void)((array)->room = 0))
