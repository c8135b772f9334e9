/* SPDX-License-Identifier: MIT */

/* Key files for TSIG, as somebody may have mangled them. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/dns/name.h"
#include "mailctl/dns/tsig-key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct failure failure = {.err = ERR_NONE};
    struct tsig_key key;
    enum err err = tsig_key_parse(text_from_bytes((const char *)data, size), &key, &failure);

    if (err == ERR_NONE) {
        assert(key.secret_len != 0 && key.secret_len <= TSIG_SECRET_MAX_BYTES);
        assert(dns_name_is_valid(text_from_string(key.name)));
        assert(strncmp(tsig_algorithm_word(key.algorithm), "hmac-sha", 8) == 0);
        tsig_key_wipe(&key);
    } else {
        assert(failure.err == err && failure.text[0] != '\0');
    }
    return 0;
}
