/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailctl/backup-sample.h"

static void append_zeros(struct buffer *backup, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buffer_append_byte(backup, '\0');
}

static void append_file(struct buffer *backup, const char *name, struct text content)
{
    char block[TAR_BLOCK];

    backup_form_write_header(name, content.len, BACKUP_SAMPLE_TIME, block);
    buffer_append(backup, block, sizeof block);
    buffer_append_text(backup, content);
    append_zeros(backup, tar_padding(content.len));
}

void backup_sample_write(const struct text parts[BACKUP_PARTS], struct buffer *backup)
{
    struct backup_manifest manifest = {
        .program = TEXT("0.1.0"), .host = TEXT("mail.example.org"), .time = BACKUP_SAMPLE_TIME};
    struct buffer text = BUFFER_NONE;
    struct arena *arena = arena_new();

    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        struct digest *digest = digest_new();

        digest_add(digest, parts[i]);
        (void)digest_finish(digest, manifest.digests[i]);
        digest_free(&digest);
    }
    (void)backup_manifest_write(&manifest, &text, NULL);
    append_file(backup, BACKUP_MANIFEST_NAME, buffer_text(&text));
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        append_file(backup, backup_part_name(i, arena), parts[i]);
    append_zeros(backup, BACKUP_FORM_END_BYTES);
    buffer_done(&text);
    arena_free(&arena);
}
