/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/line-ends.h"

static bool is_lone_lf(struct text text, size_t at)
{
    return text.data[at] == '\n' && (at == 0 || text.data[at - 1] != '\r');
}

struct text line_ends_to_crlf(struct text text, struct arena *arena)
{
    size_t lone = 0, len = 0;
    char *copy;

    for (size_t i = 0; i < text.len; i++)
        lone += is_lone_lf(text, i);
    if (lone == 0)
        return text;
    copy = arena_alloc(arena, text.len + lone);
    for (size_t i = 0; i < text.len; i++) {
        if (is_lone_lf(text, i))
            copy[len++] = '\r';
        copy[len++] = text.data[i];
    }
    return text_from_bytes(copy, len);
}
