/* SPDX-License-Identifier: MIT */
#include "lib/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void memory_exhausted(void)
{
    static const char message[] = "gatepost: out of memory\n";

    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        abort();
    abort();
}

void *memory_alloc(size_t size)
{
    void *memory = malloc(size != 0 ? size : 1);

    if (memory == NULL)
        memory_exhausted();
    return memory;
}

void *memory_alloc_zero(size_t count, size_t size)
{
    void *memory = calloc(count != 0 ? count : 1, size != 0 ? size : 1);

    if (memory == NULL)
        memory_exhausted();
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    void *resized;

    if (size != 0 && count > SIZE_MAX / size)
        memory_exhausted();
    resized = realloc(memory, count * size != 0 ? count * size : 1);
    if (resized == NULL)
        memory_exhausted();
    return resized;
}

char *memory_copy_string(const char *string)
{
    return memory_copy_bytes(string, strlen(string));
}

char *memory_copy_bytes(const void *bytes, size_t len)
{
    char *copy = memory_alloc(len + 1);

    if (len != 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

void memory_wipe(void *memory, size_t len)
{
    if (len != 0)
        explicit_bzero(memory, len);
}
