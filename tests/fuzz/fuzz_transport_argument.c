/* SPDX-License-Identifier: MIT */

/* Transports and hosts as they are typed: what is accepted is in its final form. */

#include <stdlib.h>

#include "mailctl/transport-argument.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum err parse_fn(
    struct text text, struct arena *arena, struct text *text_r, struct failure *failure);

static void check(struct text text, parse_fn *parse, struct arena *arena)
{
    struct text first, second;
    struct failure failure;

    if (parse(text, arena, &first, &failure) != ERR_NONE)
        return;
    if (first.len > TRANSPORT_ARGUMENT_MAX + 10 || text_has_control(first))
        abort();
    if (text_starts_with(first, TEXT(TRANSPORT_RELAY_SERVICE ":")))
        abort();
    if (parse(first, arena, &second, &failure) != ERR_NONE || !text_equals(first, second))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();

    check(text, transport_argument_parse, arena);
    check(text, transport_argument_parse_host, arena);
    arena_free(&arena);
    return 0;
}
