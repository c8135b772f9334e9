/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/sasl-plain.h"

#include "lib/base/base64.h"

void sasl_plain_append(struct text login, struct text password, struct buffer *out)
{
    size_t len = 2 + login.len + password.len;
    struct buffer plain = BUFFER_NONE;

    /* All room at once: a buffer that grows leaves bytes behind. */
    (void)buffer_reserve(&plain, len);
    buffer_append_byte(&plain, '\0');
    buffer_append_text(&plain, login);
    buffer_append_byte(&plain, '\0');
    buffer_append_text(&plain, password);
    base64_encode(plain.data, plain.len, buffer_reserve(out, BASE64_ENCODED_LEN(len) + 1));
    out->len += BASE64_ENCODED_LEN(len);
    buffer_done_wiped(&plain);
}
