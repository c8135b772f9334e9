/* SPDX-License-Identifier: MIT */
#pragma once

/* A text in memory of its exact size, so that the sanitizer sees a read past its end. */

#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/base/text.h"

static inline struct text exact_copy(const char *string)
{
    size_t len = strlen(string);
    char *bytes = memory_alloc(len != 0 ? len : 1);

    memcpy(bytes, string, len);
    return text_from_bytes(bytes, len);
}

/* The same for one row of a table: valid until the next call. */
static inline struct text exact_row(const char *string)
{
    static char *last;
    struct text copy = exact_copy(string);

    free(last);
    last = (char *)copy.data;
    return copy;
}

static inline void exact_free(struct text text)
{
    free((char *)text.data);
}
