/* SPDX-License-Identifier: MIT */

/* The bytes of a policy connection: cut into requests, each parsed. */

#include <stdlib.h>

#include "policyd/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_within(struct text part, struct text whole)
{
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_from_bytes((const char *)data, size);
    size_t scanned = 0, len;

    while (request_find_end(rest, &scanned, &len)) {
        struct text lines = text_head(rest, len);
        struct request request;
        struct failure failure;

        if (request_parse(lines, &request, &failure) == ERR_NONE &&
            (!lies_within(request.user, lines) || !lies_within(request.instance, lines) ||
                request.user.len > REQUEST_USER_MAX ||
                request.recipient_count > REQUEST_RECIPIENTS_MAX))
            abort();
        rest = text_skip(rest, len + REQUEST_END_LEN);
        scanned = 0;
    }
    return 0;
}
