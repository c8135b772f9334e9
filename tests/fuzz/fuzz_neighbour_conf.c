/* SPDX-License-Identifier: MIT */

/* The configuration of another mail program: what a setting added at its end says is what is read.
 */

#include <stdlib.h>

#include "mailctl/attach/neighbour-conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char more[] = "\nAuthservID last.example\n$enable_dkim_signing = 1;\n";
    struct text bytes = text_from_bytes((const char *)data, size), value;
    struct neighbour_amavis amavis = {.signs = false};
    struct arena *arena = arena_new();

    value = neighbour_conf_value(bytes, TEXT("AuthservID"));
    if (value.len > size)
        abort();
    neighbour_amavis_add(&amavis, bytes);
    bytes = arena_print(arena, "%.*s%s", TEXT_ARGS(bytes), more);
    /* A NUL ends what is printed. */
    if (text_find(text_from_bytes((const char *)data, size), '\0') == size &&
        !text_equals(neighbour_conf_value(bytes, TEXT("AuthservID")), TEXT("last.example")))
        abort();
    neighbour_amavis_add(&amavis, text_from_string(more));
    if (!amavis.signs)
        abort();
    arena_free(&arena);
    return 0;
}
