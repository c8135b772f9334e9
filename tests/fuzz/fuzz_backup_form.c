/* SPDX-License-Identifier: MIT */

/*
 * Backups: any bytes, and a whole one made of them, of which each altered bit must be noticed. The
 * first byte says which, the second how large the pieces are, the next two where it is altered.
 */

#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/mailctl/backup-sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 4

static uint64_t promised_bytes;

static enum err begin(void *context, size_t part, uint64_t size_bytes, struct failure *failure)
{
    (void)context;
    (void)failure;
    if (part >= BACKUP_PARTS || size_bytes == 0 || size_bytes > TAR_SIZE_MAX)
        abort();
    promised_bytes = size_bytes;
    return ERR_NONE;
}

static enum err add(void *context, struct text bytes, struct failure *failure)
{
    (void)failure;
    if (bytes.len > promised_bytes)
        abort();
    promised_bytes -= bytes.len;
    buffer_append_text(context, bytes);
    return ERR_NONE;
}

static enum err end(void *context, struct failure *failure)
{
    (void)context;
    (void)failure;
    if (promised_bytes != 0)
        abort();
    return ERR_NONE;
}

static enum err read_all(struct text bytes, size_t piece, struct buffer *parts)
{
    struct backup_sink sink = {.begin = begin, .add = add, .end = end, .context = parts};
    struct backup_form *form = backup_form_new(&sink);
    struct failure failure;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && bytes.len != 0) {
        err = backup_form_feed(form, text_head(bytes, piece), &failure);
        bytes = text_skip(bytes, piece);
    }
    if (err == ERR_NONE)
        err = backup_form_end(form, &failure);
    backup_form_free(&form);
    return err;
}

static void try_whole(struct text content, size_t piece, size_t at)
{
    struct text parts[BACKUP_PARTS], rest = content;
    struct buffer backup = BUFFER_NONE, seen = BUFFER_NONE, again = BUFFER_NONE;

    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        parts[i] = i + 1 < BACKUP_PARTS ? text_head(rest, content.len / BACKUP_PARTS) : rest;
        rest = text_skip(rest, parts[i].len);
    }
    backup_sample_write(parts, &backup);
    if (read_all(buffer_text(&backup), piece, &seen) != ERR_NONE ||
        !text_equals(buffer_text(&seen), content))
        abort();
    at %= backup.len;
    backup.data[at] = (char)(backup.data[at] ^ 1);
    if (read_all(buffer_text(&backup), piece, &again) == ERR_NONE)
        abort();
    buffer_done(&backup);
    buffer_done(&seen);
    buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer seen = BUFFER_NONE;
    struct text content;
    size_t piece;

    if (size < HEAD)
        return 0;
    content = text_from_bytes((const char *)data + HEAD, size - HEAD);
    piece = (size_t)data[1] * 16 + 1;
    if (data[0] % 2 == 0)
        (void)read_all(content, piece, &seen);
    else if (content.len >= BACKUP_PARTS)
        try_whole(content, piece, (size_t)data[2] * 256 + data[3]);
    buffer_done(&seen);
    return 0;
}
