/* SPDX-License-Identifier: MIT */

/* Address lists of header fields, as they come from strangers. */

#include <assert.h>
#include <stdint.h>

#include "lib/mailauth/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void salvage(struct text value, struct arena *arena)
{
    const struct text *domains;
    size_t count;

    (void)header_salvage_domains(value, arena, &domains, &count);
    assert(count <= HEADER_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++)
        assert(domains[i].len < value.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text value = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    const struct header_address *addresses;
    size_t count, bytes = 0;

    if (header_parse_addresses(value, arena, &addresses, &count) == HEADER_ADDRESSES_OK) {
        assert(count <= HEADER_ADDRESSES_MAX);
        for (size_t i = 0; i < count; i++) {
            assert(addresses[i].domain.len != 0);
            bytes += addresses[i].local_part.len + 1 + addresses[i].domain.len;
        }
        assert(bytes <= size);
    }
    salvage(value, arena);
    assert(header_unfold(value, arena).len <= size);
    arena_free(&arena);
    return 0;
}
