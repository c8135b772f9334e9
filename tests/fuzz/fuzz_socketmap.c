/* SPDX-License-Identifier: MIT */

/* What Postfix asks, and whatever else comes to that socket. */

#include "authd/socketmap-request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_from_bytes((const char *)data, size);
    struct socketmap_request request;
    struct buffer reply = BUFFER_NONE;
    const char *problem = NULL;
    size_t taken = 0;
    enum socketmap_parse parse;

    while ((parse = socketmap_request_parse(rest, &request, &taken, &problem)) == SOCKETMAP_WHOLE) {
        if (taken > rest.len || taken > SOCKETMAP_REQUEST_MAX || request.table.len == 0)
            abort();
        socketmap_reply_append(&reply, "OK", request.key);
        rest = text_skip(rest, taken);
    }
    /* A whole request must never be waited for longer than the input can hold one. */
    if (parse == SOCKETMAP_PART && rest.len >= SOCKETMAP_REQUEST_MAX)
        abort();
    if (parse == SOCKETMAP_BAD && problem == NULL)
        abort();
    buffer_done(&reply);
    return 0;
}
