/* SPDX-License-Identifier: MIT */

/* Password hashes as other servers have them. What is refused is never worked out. */

#include <stdint.h>
#include <stdlib.h>

#include "lib/store/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cheap enough to be worked out many times a second. */
static bool is_cheap(struct text hash)
{
    return text_starts_with(hash, TEXT("{ARGON2ID}$argon2id$v=19$m=8,t=1,p=1$")) ||
           text_starts_with(hash, TEXT("{MD5-CRYPT}")) || text_starts_with(hash, TEXT("{SSHA"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text hash = text_from_bytes((const char *)data, size);
    struct failure failure;
    enum err err = password_hash_check(hash, &failure);

    password_needs_rehash(hash, 8192, 1);
    if (err != ERR_NONE && password_verify(hash, TEXT("open sesame")) != PASSWORD_FAILED)
        abort();
    if (err == ERR_NONE && is_cheap(hash) &&
        password_verify(hash, TEXT("open sesame")) == PASSWORD_MATCHES &&
        password_verify(hash, TEXT("Open sesame")) == PASSWORD_MATCHES)
        abort();
    return 0;
}
