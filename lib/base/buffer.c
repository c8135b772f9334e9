/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/memory.h"

#define BUFFER_FIRST_ROOM ((size_t)256)

void buffer_init(struct buffer *buffer)
{
    *buffer = BUFFER_NONE;
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = BUFFER_NONE;
}

void buffer_done_wiped(struct buffer *buffer)
{
    memory_wipe(buffer->data, buffer->room);
    buffer_done(buffer);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

/*
 * Moves to new memory by hand instead of realloc, so that old bytes, which may be a secret, do
 * not stay behind in freed memory.
 */
static void buffer_grow(struct buffer *buffer, size_t room)
{
    char *data = memory_alloc(room);

    if (buffer->len != 0)
        memcpy(data, buffer->data, buffer->len);
    memory_wipe(buffer->data, buffer->len);
    free(buffer->data);
    buffer->data = data;
    buffer->room = room;
}

char *buffer_reserve(struct buffer *buffer, size_t len)
{
    size_t need;

    if (len >= SIZE_MAX / 2 - buffer->len)
        memory_exhausted();
    need = buffer->len + len + 1;
    if (need > buffer->room) {
        size_t room = buffer->room != 0 ? buffer->room : BUFFER_FIRST_ROOM;

        while (room < need)
            room *= 2;
        buffer_grow(buffer, room);
    }
    return buffer->data + buffer->len;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    char *end = buffer_reserve(buffer, len);

    if (len != 0)
        memcpy(end, bytes, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
}

void buffer_append_text(struct buffer *buffer, struct text text)
{
    buffer_append(buffer, text.data, text.len);
}

void buffer_append_string(struct buffer *buffer, const char *string)
{
    buffer_append(buffer, string, strlen(string));
}

void buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buffer_append_list(buffer, format, args);
    va_end(args);
}

void buffer_append_list(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(len >= 0);
    vsnprintf(buffer_reserve(buffer, (size_t)len), (size_t)len + 1, format, args);
    buffer->len += (size_t)len;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    if (len == 0 || buffer->data == NULL)
        return;
    if (len > buffer->len)
        len = buffer->len;
    memmove(buffer->data, buffer->data + len, buffer->len - len);
    buffer->len -= len;
    buffer->data[buffer->len] = '\0';
}

struct text buffer_text(const struct buffer *buffer)
{
    return text_from_bytes(buffer->data, buffer->len);
}

const char *buffer_string(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}
