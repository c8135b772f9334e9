/* SPDX-License-Identifier: MIT */
#include "lib/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

/* Under AddressSanitizer a byte that nobody was given is out of bounds. */
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

/* Most messages need less than this besides their header. */
#define ARENA_BLOCK_SIZE ((size_t)8192)
#define FIRST_ITEMS 8

struct block {
    struct block *older;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *newest;
    size_t handed_out;
};

static struct block *block_new(struct block *older, size_t size)
{
    struct block *block;

    if (size > SIZE_MAX - sizeof *block)
        memory_exhausted();
    block = memory_alloc(sizeof *block + size);
    block->older = older;
    block->size = size;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = memory_alloc(sizeof *arena);

    arena->newest = block_new(NULL, ARENA_BLOCK_SIZE);
    arena->handed_out = 0;
    return arena;
}

void arena_reset(struct arena *arena)
{
    while (arena->newest->older != NULL) {
        struct block *older = arena->newest->older;

        free(arena->newest);
        arena->newest = older;
    }
    arena->newest->used = 0;
    ASAN_POISON_MEMORY_REGION(arena->newest->bytes, arena->newest->size);
    arena->handed_out = 0;
}

void arena_free(struct arena **arena)
{
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    free((*arena)->newest);
    memory_free(arena);
}

static void block_wipe(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->used);
    memory_wipe(block->bytes, block->used);
}

void arena_free_wiped(struct arena **arena)
{
    struct block *block;

    if (*arena == NULL)
        return;
    /* There is always one block. */
    for (block = (*arena)->newest; block->older != NULL; block = block->older)
        block_wipe(block);
    block_wipe(block);
    arena_free(arena);
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->handed_out;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->newest;
    size_t rounded;
    void *memory;

    if (size > SIZE_MAX - align)
        memory_exhausted();
    rounded = (size / align + 1) * align; /* a byte at least stays between two */
    if (rounded > block->size - block->used) {
        block = block_new(block, rounded > ARENA_BLOCK_SIZE ? rounded : ARENA_BLOCK_SIZE);
        arena->newest = block;
    }
    memory = block->bytes + block->used;
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    block->used += rounded;
    arena->handed_out += rounded;
    return memory;
}

void *arena_alloc_zero(struct arena *arena, size_t count, size_t size)
{
    void *memory;

    if (size != 0 && count > SIZE_MAX / size)
        memory_exhausted();
    memory = arena_alloc(arena, count * size);
    memset(memory, 0, count * size);
    return memory;
}

void *arena_make_room(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
{
    void *larger;

    if (count < *room)
        return items;
    *room = *room != 0 ? *room * 2 : FIRST_ITEMS;
    larger = arena_alloc_zero(arena, *room, size);
    if (count != 0)
        memcpy(larger, items, count * size);
    return larger;
}

struct text arena_copy(struct arena *arena, struct text text)
{
    return text_from_bytes(arena_copy_string(arena, text), text.len);
}

char *arena_copy_string(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.len + 1);

    if (text.len != 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

struct text arena_print(struct arena *arena, const char *format, ...)
{
    struct text text;
    va_list args;

    va_start(args, format);
    text = arena_print_list(arena, format, args);
    va_end(args);
    return text;
}

struct text arena_print_list(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    char *printed;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(len >= 0);
    printed = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(printed, (size_t)len + 1, format, args);
    return text_from_bytes(printed, (size_t)len);
}
