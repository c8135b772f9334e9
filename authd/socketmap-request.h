/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A request of Postfix's socketmap protocol (socketmap_table(5)): a netstring, "LEN:NAME KEY,".
 * Pure functions, any thread; the texts point into the input.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/base/text.h"

/* The netstring's content. Postfix' own names and keys are at most 2048 bytes long. */
#define SOCKETMAP_CONTENT_MAX 4096
#define SOCKETMAP_DIGITS_MAX 5
#define SOCKETMAP_REQUEST_MAX (SOCKETMAP_CONTENT_MAX + SOCKETMAP_DIGITS_MAX + 2)

struct socketmap_request {
    struct text table, key;
};

enum socketmap_parse {
    SOCKETMAP_WHOLE,
    SOCKETMAP_PART, /* a beginning of one: more bytes are needed */
    SOCKETMAP_BAD   /* will never become one */
};

/*
 * Parses the request at the front of input; *taken_r is its length. SOCKETMAP_BAD: *problem_r
 * says why, in a static string.
 */
enum socketmap_parse socketmap_request_parse(struct text input, struct socketmap_request *request_r,
    size_t *taken_r, const char **problem_r);
/* Appends the netstring of "WORD TEXT" ("OK ...", "NOTFOUND ", "TEMP ...", "PERM ..."). */
void socketmap_reply_append(struct buffer *out, const char *word, struct text text);
