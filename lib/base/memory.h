/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Heap memory that is always there: out of memory ends the process with one line on stderr and
 * abort(), so that code below need not branch. Results are freed with free(), or with
 * memory_free(&p), which also clears the pointer. Any thread.
 */

#include <stddef.h>
#include <stdlib.h>

void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed memory for count objects of size bytes; count * size may not overflow. */
void *memory_alloc_zero(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Resizes to count objects of size bytes; count * size may not overflow. */
void *memory_resize(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));
char *memory_copy_string(const char *string) __attribute__((malloc, returns_nonnull));
/* Copies len bytes and adds a NUL behind them. */
char *memory_copy_bytes(const void *bytes, size_t len) __attribute__((malloc, returns_nonnull));
/* Overwrites a secret in a way that the compiler keeps. NULL with len 0 is fine. */
void memory_wipe(void *memory, size_t len);
/* Frees *pointer and sets it to NULL; accepts a pointer to NULL. */
#define memory_free(pointer) (free(*(pointer)), (void)(*(pointer) = NULL))

/* Ends the process: the one place where "out of memory" is said. */
void memory_exhausted(void) __attribute__((noreturn));
