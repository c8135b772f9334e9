/* SPDX-License-Identifier: MIT */

/*
 * Received fields. What is read must be what the writer saw: an address that stands in the field,
 * and none where there is no client; and the words of a client in its HELO cannot change it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/mailauth/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct received *received, struct text input)
{
    bool has_client = received->kind == RECEIVED_BY_SMTP || received->kind == RECEIVED_BY_OTHER;

    if (has_client != (received->client.family != IP_NONE))
        abort();
    if (received->kind == RECEIVED_UNREADABLE && received->helo.len != 0)
        abort();
    if (received->helo.len != 0 &&
        (received->helo.data < input.data ||
            received->helo.data + received->helo.len > input.data + input.len))
        abort();
    if (received->is_authenticated && !has_client)
        abort();
}

/* Without what Postfix puts "?" for: controls, and what has a meaning in the field. */
static struct text neutered(struct text input, struct arena *arena)
{
    char *copy = arena_alloc(arena, input.len + 1);

    for (size_t i = 0; i < input.len; i++) {
        char byte = input.data[i];

        copy[i] = byte <= ' ' || byte >= 0x7f || strchr("<>()\\\";@", byte) != NULL ? '?' : byte;
    }
    return text_from_bytes(copy, input.len);
}

/* The input as HELO in a field of Postfix. */
static void check_helo(struct text input, struct arena *arena)
{
    struct text helo = neutered(text_head(input, 512), arena);
    struct received received;
    char client[IP_TEXT_MAX];

    if (helo.len == 0)
        return;
    received = received_parse(arena_print(arena,
        " from %.*s (n.example [203.0.113.5])\r\n\tby h (Postfix) with ESMTP id x",
        TEXT_ARGS(helo)));
    ip_format(&received.client, client);
    if (received.kind != RECEIVED_BY_SMTP || strcmp(client, "203.0.113.5") != 0 ||
        received.is_authenticated)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct received received = received_parse(input);

    check(&received, input);
    check_helo(input, arena);
    arena_free(&arena);
    return 0;
}
