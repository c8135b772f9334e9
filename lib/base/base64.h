/* SPDX-License-Identifier: MIT */
#pragma once

/* Base64 (RFC 4648 §4). Pure functions, any thread. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/text.h"

/* Bytes that decoding len characters can give at the most. */
#define BASE64_DECODED_MAX(len) ((len) / 4 * 3 + 3)
/* Characters that encoding len bytes gives, without a NUL. */
#define BASE64_ENCODED_LEN(len) (((len) + 2) / 3 * 4)

/*
 * Decodes into bytes_r, which has room for BASE64_DECODED_MAX(text.len). Blanks (SP, HTAB, CR,
 * LF) between characters are passed over, as RFC 6376 §3.2 wants it; missing padding is accepted,
 * any other foreign character, misplaced padding or left-over bits of a lone character are not.
 */
bool base64_decode(struct text text, unsigned char *bytes_r, size_t *len_r);
/* Writes BASE64_ENCODED_LEN(len) characters and a NUL. */
void base64_encode(const void *bytes, size_t len, char *text_r);
