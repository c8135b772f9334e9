/* SPDX-License-Identifier: MIT */
#include "mailctl/srs-secrets.h"

#include <unistd.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"

#define RANDOM_BYTES 24

enum err srs_secrets_make(struct store *store, int64_t now)
{
    unsigned char bytes[RANDOM_BYTES];
    char secret[BASE64_ENCODED_LEN(RANDOM_BYTES) + 1];
    enum err err = ERR_IO;

    if (getentropy(bytes, sizeof bytes) == 0) {
        base64_encode(bytes, sizeof bytes, secret);
        err = srs_secret_add(store, text_from_string(secret), now);
    }
    memory_wipe(bytes, sizeof bytes);
    memory_wipe(secret, sizeof secret);
    return err;
}

enum err srs_secrets_make_first(struct store *store, int64_t now, bool *changed_r)
{
    struct arena *arena = arena_new();
    struct srs_secret_list list = {.count = 0};
    enum err err;

    err = srs_secret_list(store, arena, &list);
    if (err == ERR_NONE && list.count == 0) {
        err = srs_secrets_make(store, now);
        *changed_r = true;
    }
    arena_free(&arena);
    return err;
}
