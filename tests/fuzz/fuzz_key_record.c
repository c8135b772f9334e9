/* SPDX-License-Identifier: MIT */

/* DKIM key records, decoded and put to use. */

#include <assert.h>
#include <stdint.h>

#include "lib/mailauth/key-cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char digest[32], signature[KEY_RSA_BITS_MAX / 8];
    struct text record = text_from_bytes((const char *)data, size);
    struct public_key *key = NULL;
    enum key_status status = public_key_parse(record, &key);

    assert((key != NULL) == (status == KEY_OK));
    if (key != NULL) {
        unsigned bits = public_key_bits(key);

        assert(public_key_algorithm(key) == KEY_ED25519 ||
               (bits >= KEY_RSA_BITS_MIN && bits <= KEY_RSA_BITS_MAX));
        /* Nothing but noughts is nobody's signature. */
        assert(public_key_algorithm(key) == KEY_ED25519 ||
               !public_key_verify(key, digest, signature, (bits + 7) / 8));
    }
    public_key_release(&key);
    key_cache_flush();
    return 0;
}
