/* SPDX-License-Identifier: MIT */

/* Addresses as they are typed: what is accepted is in its final form. */

#include <stdlib.h>

#include "lib/store/user.h"
#include "mailctl/mailbox-argument.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct text text, enum mailbox_kind kind, struct arena *arena)
{
    struct mailbox_argument first, second;
    struct failure failure;

    if (mailbox_argument_parse(text, kind, arena, &first, &failure) != ERR_NONE)
        return;
    if (first.address.len > USER_ADDRESS_MAX || first.local_part.len > USER_LOCAL_PART_MAX)
        abort();
    if (kind != MAILBOX_TARGET && text_find(first.local_part, '/') != first.local_part.len)
        abort();
    if (mailbox_argument_parse(first.address, kind, arena, &second, &failure) != ERR_NONE ||
        !text_equals(first.address, second.address))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();

    check(text, MAILBOX_USER, arena);
    check(text, MAILBOX_ALIAS, arena);
    check(text, MAILBOX_TARGET, arena);
    arena_free(&arena);
    return 0;
}
