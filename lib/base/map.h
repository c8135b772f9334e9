/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A hash map from bytes to pointers. Keys are copied; values stay their owner's. The hash is
 * keyed with random bytes of the process, since keys come from outside. Owned by one thread, or
 * guarded by its owner's lock; never fails (memory.h).
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/text.h"

struct map;

struct map *map_new(void);
/* Frees the map, not the values; clears the pointer, accepts a pointer to NULL. */
void map_free(struct map **map);
size_t map_count(const struct map *map);
/* The value, or NULL where the key is not there. */
void *map_get(const struct map *map, struct text key);
/* Stores value (never NULL) and returns the one that it replaces, or NULL. */
void *map_put(struct map *map, struct text key, void *value);
/* Removes the key and returns its value, or NULL. */
void *map_remove(struct map *map, struct text key);
/*
 * Walks all entries in no order: *position is 0 at first; false at the end. Only the entry just
 * given may be removed during a walk.
 */
bool map_next(const struct map *map, size_t *position, struct text *key_r, void **value_r);
