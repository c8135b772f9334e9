/* SPDX-License-Identifier: MIT */

/* Tag lists, strict and forgiving. */

#include <assert.h>
#include <stdint.h>

#include "lib/mailauth/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the strict reading takes, the forgiving one takes too, and sees the same in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct taglist strict, forgiving;

    if (taglist_parse(input, 16, arena, &strict) == TAGLIST_OK) {
        assert(strict.count != 0 && strict.count <= 16);
        assert(taglist_parse_forgiving(input, 16, arena, &forgiving) == TAGLIST_OK);
        assert(forgiving.count == strict.count);
        for (size_t i = 0; i < strict.count; i++) {
            char *name = arena_copy_string(arena, strict.tags[i].name);

            assert(text_equals(strict.tags[i].value, forgiving.tags[i].value));
            assert(taglist_find(&strict, name) == &strict.tags[i].value);
        }
    } else {
        (void)taglist_parse_forgiving(input, 16, arena, &forgiving);
    }
    arena_free(&arena);
    return 0;
}
