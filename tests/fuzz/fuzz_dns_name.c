/* SPDX-License-Identifier: MIT */

/* Names as senders write them: what normalizing gives is a name, and is normal. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/dns/name.h"
#include "lib/dns/wire-name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(struct text name)
{
    size_t count = dns_name_label_count(name);

    assert(text_equals(dns_name_last_labels(name, count), name));
    assert(dns_name_last_labels(name, 0).len == 0);
    for (; count > 1; count--) {
        struct text parent = dns_name_parent(name);

        assert(dns_name_is_within(name, parent) && !dns_name_is_within(parent, name));
        assert(text_equals(dns_name_last_labels(name, count - 1), parent));
        name = parent;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_from_bytes((const char *)data, size), name, again;
    struct arena *arena = arena_new();
    struct wire_name wire;

    if (dns_name_normalize(input, arena, &name)) {
        assert(dns_name_is_valid(name) && dns_name_fits(name));
        assert(dns_name_normalize(name, arena, &again) && text_equals(name, again));
        assert(wire_name_from_text(name, &wire));
        assert(text_equals(wire_name_to_text(&wire, arena), name));
        check_parts(name);
    }
    if (dns_name_fits(input))
        assert(wire_name_from_text(input, &wire) && wire.len == input.len + 2);
    dns_name_is_domain(input);
    arena_free(&arena);
    return 0;
}
