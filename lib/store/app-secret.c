/* SPDX-License-Identifier: MIT */
#include "lib/store/app-secret.h"

#include <sodium.h>
#include <stdio.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"

#define SCHEME "{APP}"
#define SALT_LEN 16
#define DIGEST_LEN 32
#define GROUP_LEN 5
/* A given password longer than this is none, whatever blanks are in it. */
#define GIVEN_MAX 64

/* Crockford's: without i, l, o and u. Five bits each. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void app_secret_make(char text_r[APP_SECRET_TEXT_MAX])
{
    size_t len = 0;

    if (sodium_init() < 0)
        abort(); /* no source of chance: nothing that we could hand out is a secret */
    for (size_t i = 0; i < APP_SECRET_LEN; i++) {
        if (i != 0 && i % GROUP_LEN == 0 && APP_SECRET_LEN - i >= GROUP_LEN)
            text_r[len++] = '-';
        text_r[len++] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    }
    text_r[len] = '\0';
}

/* As people read them, letters that the alphabet lacks are what they look like. */
static char canonical_sign(char sign)
{
    char lower = text_lower(sign);

    if (lower == 'o')
        return '0';
    if (lower == 'i' || lower == 'l')
        return '1';
    return lower != '\0' && strchr(alphabet, lower) != NULL ? lower : '\0';
}

bool app_secret_parse(struct text given, char canonical_r[APP_SECRET_LEN])
{
    size_t len = 0;

    if (given.len < APP_SECRET_LEN || given.len > GIVEN_MAX)
        return false;
    for (size_t i = 0; i < given.len; i++) {
        char sign = canonical_sign(given.data[i]);

        if (given.data[i] == '-' || given.data[i] == ' ')
            continue;
        if (sign == '\0' || len == APP_SECRET_LEN)
            return false;
        canonical_r[len++] = sign;
    }
    return len == APP_SECRET_LEN;
}

static void digest(const unsigned char salt[SALT_LEN], const char canonical[APP_SECRET_LEN],
    unsigned char digest_r[DIGEST_LEN])
{
    crypto_generichash(
        digest_r, DIGEST_LEN, (const unsigned char *)canonical, APP_SECRET_LEN, salt, SALT_LEN);
}

enum err app_secret_hash(struct text secret, char hash_r[APP_SECRET_HASH_MAX])
{
    unsigned char bytes[SALT_LEN + DIGEST_LEN];
    char canonical[APP_SECRET_LEN], encoded[BASE64_ENCODED_LEN(sizeof bytes) + 1];
    enum err err = ERR_SYNTAX;

    if (sodium_init() < 0)
        return ERR_CRYPTO;
    if (app_secret_parse(secret, canonical)) {
        randombytes_buf(bytes, SALT_LEN);
        digest(bytes, canonical, bytes + SALT_LEN);
        base64_encode(bytes, sizeof bytes, encoded);
        snprintf(hash_r, APP_SECRET_HASH_MAX, SCHEME "%s", encoded);
        err = ERR_NONE;
    }
    memory_wipe(canonical, sizeof canonical);
    return err;
}

bool app_secret_matches(struct text hash, const char canonical[APP_SECRET_LEN])
{
    unsigned char stored[BASE64_DECODED_MAX(APP_SECRET_HASH_MAX)], computed[DIGEST_LEN];
    size_t len;

    if (hash.len >= APP_SECRET_HASH_MAX || !text_starts_with(hash, TEXT(SCHEME)) ||
        !base64_decode(text_skip(hash, sizeof SCHEME - 1), stored, &len) ||
        len != SALT_LEN + DIGEST_LEN)
        return false;
    digest(stored, canonical, computed);
    return sodium_memcmp(computed, stored + SALT_LEN, DIGEST_LEN) == 0;
}
