/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Writes the value of a signature field: tags one behind the other, folded before column 78 where
 * that is allowed (RFC 6376 §3.2, 3.5). Belongs to whoever signs, for as long as that takes.
 */

#include "lib/base/buffer.h"
#include "lib/base/text.h"

struct tag_writer {
    struct buffer value;
    size_t column;
};

/* The value stands behind "field_name:". tag_writer_done() in any case. */
void tag_writer_init(struct tag_writer *writer, const char *field_name);
void tag_writer_done(struct tag_writer *writer);

/* "name=value" and end, on this line behind a blank, or on the next one. */
void tag_writer_put(
    struct tag_writer *writer, const char *name, struct text value, const char *end);
void tag_writer_put_number(struct tag_writer *writer, const char *name, int64_t number);
/* Words between colons, ";" behind the last, broken behind any of them. At least one. */
void tag_writer_put_words(
    struct tag_writer *writer, const char *name, const struct text *words, size_t count);
/* Base64, which may be broken anywhere; after a tag without value. */
void tag_writer_put_base64(struct tag_writer *writer, struct text base64);
/* Begins a new line. */
void tag_writer_break(struct tag_writer *writer);
