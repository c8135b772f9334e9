/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Bytes that grow on the heap: output being put together, input being collected. Owned by one
 * thread. Never fails (memory.h); whoever feeds it from outside checks len against a named limit.
 * The content always has a NUL behind it, not counted in len.
 */

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/text.h"

struct buffer {
    char *data;
    size_t len;
    size_t room;
};

#define BUFFER_NONE ((struct buffer){NULL, 0, 0})

void buffer_init(struct buffer *buffer);
void buffer_done(struct buffer *buffer);
/* The same, and the bytes are overwritten first: for secrets. */
void buffer_done_wiped(struct buffer *buffer);
/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_append(struct buffer *buffer, const void *bytes, size_t len);
void buffer_append_text(struct buffer *buffer, struct text text);
void buffer_append_string(struct buffer *buffer, const char *string);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_append_list(struct buffer *buffer, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Room for at least len further bytes; returns where they go. Add to len what you wrote. */
char *buffer_reserve(struct buffer *buffer, size_t len);
/* Drops the first len bytes (at most all) and moves the rest to the front. */
void buffer_consume(struct buffer *buffer, size_t len);
/* The content, valid until the next change. */
struct text buffer_text(const struct buffer *buffer);
/* The same as a C string, "" where nothing was ever added. */
const char *buffer_string(const struct buffer *buffer);
