/* SPDX-License-Identifier: MIT */
#include "mailctl/message-file.h"

#include <stdio.h>
#include <sysexits.h>

int message_file_read(
    const struct invocation *invocation, const char *path, struct message_file *file_r)
{
    struct text content = TEXT_NONE;
    int status = invocation_read_file(invocation, path, MESSAGE_FILE_MAX, &content);
    size_t feed = text_find(content, '\n');

    if (status != EX_OK)
        return status;
    if (message_split_file(content, invocation->arena, &file_r->fields, &file_r->field_count,
            &file_r->body) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR,
            "%s: not a message: it does not begin with a header field", path);
    file_r->has_bare_feeds = feed != content.len && (feed == 0 || content.data[feed - 1] != '\r');
    return EX_OK;
}

void message_file_write(const struct message_file *file, struct text piece)
{
    while (piece.len != 0) {
        size_t end = file->has_bare_feeds ? text_find_text(piece, TEXT("\r\n")) : piece.len;

        fwrite(piece.data, 1, end, stdout);
        if (end != piece.len)
            end++; /* the CR; the LF begins what is left */
        piece = text_skip(piece, end);
    }
}

void message_file_write_field(const struct message_file *file, const char *name, struct text value)
{
    fputs(name, stdout);
    putchar(':');
    message_file_write(file, value);
    message_file_write(file, TEXT("\r\n"));
}

void message_file_write_whole(const struct message_file *file)
{
    for (size_t i = 0; i < file->field_count; i++) {
        message_file_write(file, file->fields[i].raw);
        message_file_write(file, TEXT("\r\n"));
    }
    message_file_write(file, TEXT("\r\n"));
    message_file_write(file, file->body);
}
