/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Secrets from files and standard input. Read without stdio, which would keep a copy in its
 * buffer, and into memory that does not move while it fills.
 */

#include "lib/base/buffer.h"
#include "mailctl/invocation.h"

/* Reads to the end, to where room is full, or to the first line break; false: errno says why. */
bool secret_file_fill(int fd, char *bytes, size_t room, bool one_line, size_t *len_r);
/* A private key in PEM form, and some. */
#define SECRET_FILE_KEY_MAX ((size_t)64 * 1024)

/*
 * A whole file ("-": standard input), at most max bytes, into an empty buffer that the caller
 * ends with buffer_done_wiped(), also on failure. Complains, and returns the exit status.
 */
int secret_file_read(
    const struct invocation *invocation, const char *path, size_t max, struct buffer *content);
/* Into a new file, which its owner alone may read; refused where the name is taken. The same. */
int secret_file_write(const struct invocation *invocation, const char *path, struct text content);
