/* SPDX-License-Identifier: MIT */

/* A line that a client of the login protocol sends, as authd reads it. */

#include "authd/login-request.h"
#include "lib/base/memory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was unescaped and is escaped again must come back as it was. */
static void check_value(struct text value)
{
    char *escaped = memory_alloc(LOGIN_ESCAPED_MAX(value.len) + 1);
    size_t len = login_field_escape(value, escaped);

    if (memchr(escaped, '\t', len) != NULL || memchr(escaped, '\n', len) != NULL)
        abort();
    if (!login_field_unescape(escaped, &len) || !text_equals(text_from_bytes(escaped, len), value))
        abort();
    free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = memory_copy_bytes(data, size);
    struct login_request request;
    const char *problem;

    login_request_is_greeting(text_from_bytes(line, size));
    if (login_request_parse(line, size, &request, &problem)) {
        check_value(request.user);
        check_value(request.password);
        if (request.verb == LOGIN_VERIFY && request.password.data == NULL)
            abort();
    }
    free(line);
    return 0;
}
