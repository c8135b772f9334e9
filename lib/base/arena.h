/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Memory for one connection or one message, freed whole. Allocation is a pointer bump; nothing
 * is freed singly. An arena belongs to one owner and is used by one thread at a time. It never
 * returns NULL (memory.h).
 */

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/text.h"

struct arena;

struct arena *arena_new(void);
/* Frees all that came from it and clears the pointer; accepts a pointer to NULL. */
void arena_free(struct arena **arena);
/* The same, and all bytes are overwritten first: for arenas that held secrets. */
void arena_free_wiped(struct arena **arena);
/* Gives everything back but keeps a first block for the next message. */
void arena_reset(struct arena *arena);
/* Bytes handed out since the last reset: what limits are checked against. */
size_t arena_used_bytes(const struct arena *arena);

/* size bytes, aligned for any type, not cleared. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* Zeroed memory for count objects of size bytes; count * size may not overflow. */
void *arena_alloc_zero(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));
/*
 * Room for one more behind count items of size bytes each: items as they are, or in twice the room,
 * which is noted. What was outgrown stays until all goes. At first: NULL, 0 and room 0.
 */
void *arena_make_room(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
    __attribute__((returns_nonnull));
/* A copy of text with a NUL behind it (not counted in len). */
struct text arena_copy(struct arena *arena, struct text text);
/* The same as a C string. A NUL inside text ends what C functions see of it. */
char *arena_copy_string(struct arena *arena, struct text text) __attribute__((returns_nonnull));
struct text arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct text arena_print_list(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
