/* SPDX-License-Identifier: MIT */
#include "lib/base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (text_is_digit(byte))
        return byte - '0' + 52;
    if (byte == '+')
        return 62;
    return byte == '/' ? 63 : -1;
}

/* Nothing but padding and blanks may follow; padding must be what the group still needs. */
static bool base64_tail_ok(struct text tail, size_t digits)
{
    size_t pads = 0;

    for (size_t i = 0; i < tail.len; i++) {
        if (tail.data[i] == '=')
            pads++;
        else if (!text_is_blank(tail.data[i]))
            return false;
    }
    if (digits % 4 == 1)
        return false;
    return pads == 0 || pads == (4 - digits % 4) % 4;
}

bool base64_decode(struct text text, unsigned char *bytes_r, size_t *len_r)
{
    uint32_t group = 0;
    size_t digits = 0, len = 0, i;

    for (i = 0; i < text.len && text.data[i] != '='; i++) {
        int value = base64_value(text.data[i]);

        if (value < 0) {
            if (!text_is_blank(text.data[i]))
                return false;
            continue;
        }
        group = group << 6 | (uint32_t)value;
        digits++;
        if (digits % 4 != 1)
            bytes_r[len++] = (unsigned char)(group >> (6 - (digits + 3) % 4 * 2));
    }
    if (!base64_tail_ok(text_skip(text, i), digits))
        return false;
    *len_r = len;
    return true;
}

void base64_encode(const void *bytes, size_t len, char *text_r)
{
    const unsigned char *in = bytes;

    for (; len >= 3; in += 3, len -= 3) {
        *text_r++ = alphabet[in[0] >> 2];
        *text_r++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *text_r++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        *text_r++ = alphabet[in[2] & 63];
    }
    if (len != 0) {
        unsigned second = len == 2 ? in[1] : 0;

        *text_r++ = alphabet[in[0] >> 2];
        *text_r++ = alphabet[(in[0] & 3) << 4 | second >> 4];
        *text_r++ = len == 2 ? alphabet[(second & 15) << 2] : '=';
        *text_r++ = '=';
    }
    *text_r = '\0';
}
