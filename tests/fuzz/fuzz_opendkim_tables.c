/* SPDX-License-Identifier: MIT */

/*
 * Tables of OpenDKIM, as another program has left them: KeyTable up to a byte 0, behind it
 * SigningTable. Keys that are taken can be written, and are taken again.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mailctl/dkim/opendkim-tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct opendkim_keys *keys, struct arena *arena)
{
    struct buffer key_table = BUFFER_NONE, signing_table = BUFFER_NONE;
    struct opendkim_keys again = {NULL, 0};
    struct text senders;

    opendkim_tables_write(keys, &key_table, &signing_table);
    senders = buffer_text(&signing_table);
    /* What holds a blank or a comment's sign cannot be read back; it is refused, not misread. */
    if (opendkim_tables_read(buffer_text(&key_table), &senders, arena, &again, NULL) == ERR_NONE)
        assert(again.count <= keys->count);
    buffer_done(&key_table);
    buffer_done(&signing_table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_from_bytes((const char *)data, size);
    size_t end = text_find(input, '\0');
    struct text senders = end < input.len ? text_skip(input, end + 1) : TEXT_NONE;
    struct arena *arena = arena_new();
    struct opendkim_keys keys;
    struct failure failure = {ERR_NONE, ""};

    if (opendkim_tables_read(text_head(input, end), end < input.len ? &senders : NULL, arena, &keys,
            &failure) == ERR_NONE) {
        for (size_t i = 0; i < keys.count; i++)
            assert(keys.items[i].domain.len != 0 && keys.items[i].selector.len != 0 &&
                   keys.items[i].path.len != 0);
        read_again(&keys, arena);
    } else {
        assert(failure.text[0] != '\0');
    }
    arena_free(&arena);
    return 0;
}
