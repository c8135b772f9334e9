/* SPDX-License-Identifier: MIT */

/* The values of settings: numbers, sizes, durations, networks, base64, as they come from files. */

#include "lib/base/base64.h"
#include "lib/base/config.h"
#include "lib/base/ip.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_from_bytes((const char *)data, size);
    unsigned char *decoded = memory_alloc(BASE64_DECODED_MAX(size));
    char safe[256], printed[IP_NETWORK_TEXT_MAX];
    struct ip_network network, again;
    size_t len;
    int64_t value;

    config_parse_duration(text, &value);
    config_parse_size(text, &value);
    base64_decode(text, decoded, &len);
    free(decoded);
    log_safe(text.data, text.len, safe, sizeof safe);
    if (ip_network_parse(text, &network)) {
        ip_network_format(&network, printed);
        if (!ip_network_parse(text_from_string(printed), &again) ||
            !ip_equals(&network.base, &again.base) || network.prefix_bits != again.prefix_bits)
            abort();
    }
    return 0;
}
