/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A reply of an SMTP server as it comes in, piece by piece (RFC 5321 §4.2). A pure parser of what
 * anybody may say.
 */

#include <stdbool.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

/* Without its end; RFC 5321 §4.5.3.1.5 permits 512, and some do not heed it. */
#define SMTP_REPLY_LINE_MAX 2048
#define SMTP_REPLY_LINES_MAX 128

/* Starts as zeros. */
struct smtp_reply {
    size_t len; /* of the lines that were read */
    size_t line_count;
    unsigned code; /* of the last line: 250 */
    bool is_whole;
};

/*
 * Reads on. bytes: all that has come since the reply began. ERR_NONE: it is one so far; once
 * is_whole is set, the rest behind len is no part of it. ERR_SYNTAX: a line that is none of a
 * reply. ERR_LIMIT: a line that is too long, or too many of them.
 */
enum err smtp_reply_read(struct smtp_reply *reply, struct text bytes, struct failure *failure);
