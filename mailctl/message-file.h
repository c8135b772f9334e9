/* SPDX-License-Identifier: MIT */
#pragma once

/* A message in a file, taken apart. Everything lives in the invocation's arena. */

#include "lib/mailauth/message.h"
#include "mailctl/invocation.h"

#define MESSAGE_FILE_MAX ((size_t)256 * 1024 * 1024)

struct message_file {
    const struct header_field *fields;
    size_t field_count;
    struct text body;    /* lines end in CRLF */
    bool has_bare_feeds; /* the file's lines end in LF alone */
};

/* "-": standard input. EX_OK, or the exit status after the complaint. */
int message_file_read(
    const struct invocation *invocation, const char *path, struct message_file *file_r);
/* Writes a piece of it to stdout with the line ends of the file. */
void message_file_write(const struct message_file *file, struct text piece);
/* A header field whose value begins with a blank. */
void message_file_write_field(const struct message_file *file, const char *name, struct text value);
void message_file_write_whole(const struct message_file *file);
