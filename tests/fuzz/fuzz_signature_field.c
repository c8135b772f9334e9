/* SPDX-License-Identifier: MIT */

/* The value of a DKIM-Signature field, and of the two of ARC that are like it. */

#include <assert.h>
#include <stdint.h>

#include "lib/dns/name.h"
#include "lib/mailauth/signature-field.h"
#include "lib/mailauth/signed-header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_from(const struct signature_field *field)
{
    for (size_t i = 0; i < field->name_count; i++)
        if (text_equals_nocase(field->names[i], TEXT("From")))
            return true;
    return false;
}

static void check_arc(enum signature_kind kind, struct text value, struct arena *arena)
{
    struct signature_field field;

    if (signature_field_parse(kind, value, arena, &field) != NULL)
        return;
    assert(field.instance != 0 && field.instance <= SIGNATURE_INSTANCE_MAX);
    assert(dns_name_is_domain(field.domain));
    assert(field.signature_len != 0);
    for (size_t i = 0; i < field.name_count; i++)
        assert(!text_equals_nocase(field.names[i], TEXT("ARC-Seal")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text value = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct header_field whole = header_field_make(TEXT("DKIM-Signature"), value, arena);
    struct signature_field field;

    if (signature_field_parse(SIGNATURE_DKIM, whole.value, arena, &field) == NULL) {
        assert(dns_name_is_domain(field.domain));
        assert(dns_name_is_within(field.identity_domain, field.domain));
        assert(has_from(&field));
        assert(field.signature_len != 0);
        assert(field.expires_at == SIGNATURE_NO_TIME || field.expires_at > field.made_at);
        assert(signed_header_empty_b(&whole, arena).raw.len < whole.raw.len);
    } else {
        assert(signed_header_empty_b(&whole, arena).raw.len <= whole.raw.len);
    }
    check_arc(SIGNATURE_ARC_MESSAGE, whole.value, arena);
    check_arc(SIGNATURE_ARC_SEAL, whole.value, arena);
    arena_free(&arena);
    return 0;
}
