/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/backup-form.h"

#include <assert.h>
#include <inttypes.h>

#include "lib/base/memory.h"

/* What the next bytes are. */
enum stage {
    STAGE_MANIFEST_HEADER,
    STAGE_MANIFEST,
    STAGE_PART_HEADER,
    STAGE_PART,
    STAGE_PADDING, /* behind a part */
    STAGE_END,
    STAGE_DONE
};

struct backup_form {
    struct backup_sink sink;
    struct arena *arena;
    enum stage stage;
    struct buffer held;    /* of what is read as a whole: a header, the manifest, the end */
    struct tar_header now; /* the file that is being read */
    uint64_t left_bytes;   /* of the part, or of the padding */
    size_t part;
    struct digest *digest; /* of the part */
    struct backup_manifest manifest;
};

struct backup_form *backup_form_new(const struct backup_sink *sink)
{
    struct backup_form *form = memory_alloc_zero(1, sizeof *form);

    form->sink = *sink;
    form->arena = arena_new();
    return form;
}

void backup_form_free(struct backup_form **form)
{
    struct backup_form *freeing = *form;

    if (freeing == NULL)
        return;
    digest_free(&freeing->digest);
    buffer_done(&freeing->held);
    arena_free(&freeing->arena);
    memory_free(form);
}

const struct backup_manifest *backup_form_manifest(const struct backup_form *form)
{
    return &form->manifest;
}

static bool is_zero(struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i] != '\0')
            return false;
    return true;
}

static enum err fail(const struct backup_form *form, const char *what, struct failure *failure)
{
    return failure_set(failure, ERR_SYNTAX, "damaged: %s %s", what,
        form->stage <= STAGE_MANIFEST
            ? BACKUP_MANIFEST_NAME
            : backup_part_name(
                  form->part < BACKUP_PARTS ? form->part : BACKUP_PARTS - 1, form->arena));
}

/* --- the manifest --- */

static enum err read_manifest_header(
    struct backup_form *form, struct text block, struct failure *failure)
{
    if (!tar_header_read(block.data, &form->now) ||
        strcmp(form->now.name, BACKUP_MANIFEST_NAME) != 0 || form->now.size_bytes == 0 ||
        form->now.size_bytes > BACKUP_MANIFEST_BYTES_MAX)
        return failure_set(failure, ERR_SYNTAX, "not a backup by \"mailctl backup\"");
    form->stage = STAGE_MANIFEST;
    return ERR_NONE;
}

static enum err read_manifest(struct backup_form *form, struct text blocks, struct failure *failure)
{
    size_t len = (size_t)form->now.size_bytes;
    enum err err =
        backup_manifest_read(text_head(blocks, len), form->arena, &form->manifest, failure);

    if (err != ERR_NONE)
        return err;
    if (!is_zero(text_skip(blocks, len)) || form->now.time != (uint64_t)form->manifest.time)
        return fail(form, "the frame of", failure);
    form->stage = STAGE_PART_HEADER;
    return ERR_NONE;
}

/* --- a part --- */

static enum err read_part_header(
    struct backup_form *form, struct text block, struct failure *failure)
{
    if (!tar_header_read(block.data, &form->now) ||
        strcmp(form->now.name, backup_part_name(form->part, form->arena)) != 0 ||
        form->now.size_bytes == 0 || form->now.time != (uint64_t)form->manifest.time)
        return fail(form, "the header of", failure);
    form->left_bytes = form->now.size_bytes;
    form->digest = digest_new();
    form->stage = STAGE_PART;
    return form->sink.begin(form->sink.context, form->part, form->now.size_bytes, failure);
}

static enum err end_part(struct backup_form *form, struct failure *failure)
{
    unsigned char found[DIGEST_LEN];
    bool is_done = digest_finish(form->digest, found);

    digest_free(&form->digest);
    if (!is_done)
        return failure_set(failure, ERR_CRYPTO, "the cryptographic library gives no SHA-256");
    if (memcmp(found, form->manifest.digests[form->part], DIGEST_LEN) != 0)
        return fail(form, "the checksum is not that of", failure);
    form->stage = STAGE_PADDING;
    form->left_bytes = tar_padding(form->now.size_bytes);
    return form->sink.end(form->sink.context, failure);
}

static enum err read_part(struct backup_form *form, struct text *bytes, struct failure *failure)
{
    struct text piece =
        text_head(*bytes, form->left_bytes < bytes->len ? (size_t)form->left_bytes : bytes->len);
    enum err err = form->sink.add(form->sink.context, piece, failure);

    *bytes = text_skip(*bytes, piece.len);
    form->left_bytes -= piece.len;
    digest_add(form->digest, piece);
    return err != ERR_NONE || form->left_bytes != 0 ? err : end_part(form, failure);
}

static enum err read_padding(struct backup_form *form, struct text *bytes, struct failure *failure)
{
    struct text piece =
        text_head(*bytes, form->left_bytes < bytes->len ? (size_t)form->left_bytes : bytes->len);

    *bytes = text_skip(*bytes, piece.len);
    form->left_bytes -= piece.len;
    return is_zero(piece) ? ERR_NONE : fail(form, "what stands behind", failure);
}

static void leave_padding(struct backup_form *form)
{
    form->part++;
    form->stage = form->part < BACKUP_PARTS ? STAGE_PART_HEADER : STAGE_END;
}

/* --- all of it --- */

static enum err read_end(struct backup_form *form, struct text blocks, struct failure *failure)
{
    if (!is_zero(blocks))
        return fail(form, "what stands behind", failure);
    form->stage = STAGE_DONE;
    return ERR_NONE;
}

/* Of what is read as a whole. */
static size_t wanted_bytes(const struct backup_form *form)
{
    switch (form->stage) {
    case STAGE_MANIFEST:
        return (size_t)form->now.size_bytes + tar_padding(form->now.size_bytes);
    case STAGE_END:
        return BACKUP_FORM_END_BYTES;
    default:
        return TAR_BLOCK;
    }
}

static enum err read_held(struct backup_form *form, struct failure *failure)
{
    struct text held = buffer_text(&form->held);

    switch (form->stage) {
    case STAGE_MANIFEST_HEADER:
        return read_manifest_header(form, held, failure);
    case STAGE_MANIFEST:
        return read_manifest(form, held, failure);
    case STAGE_PART_HEADER:
        return read_part_header(form, held, failure);
    default:
        return read_end(form, held, failure);
    }
}

static enum err hold(struct backup_form *form, struct text *bytes, struct failure *failure)
{
    struct text piece = text_head(*bytes, wanted_bytes(form) - form->held.len);
    enum err err;

    buffer_append_text(&form->held, piece);
    *bytes = text_skip(*bytes, piece.len);
    if (form->held.len < wanted_bytes(form))
        return ERR_NONE;
    err = read_held(form, failure);
    buffer_clear(&form->held);
    return err;
}

static enum err step(struct backup_form *form, struct text *bytes, struct failure *failure)
{
    switch (form->stage) {
    case STAGE_PART:
        return read_part(form, bytes, failure);
    case STAGE_PADDING:
        return read_padding(form, bytes, failure);
    case STAGE_DONE:
        return fail(form, "what stands behind", failure);
    default:
        return hold(form, bytes, failure);
    }
}

enum err backup_form_feed(struct backup_form *form, struct text bytes, struct failure *failure)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && bytes.len != 0) {
        err = step(form, &bytes, failure);
        if (err == ERR_NONE && form->stage == STAGE_PADDING && form->left_bytes == 0)
            leave_padding(form);
    }
    return err;
}

enum err backup_form_end(const struct backup_form *form, struct failure *failure)
{
    if (form->stage == STAGE_DONE)
        return ERR_NONE;
    if (form->stage == STAGE_MANIFEST_HEADER)
        return failure_set(failure, ERR_SYNTAX, "not a backup by \"mailctl backup\"");
    return fail(form, "it ends within or before", failure);
}

/* --- for writing --- */

void backup_form_write_header(
    const char *name, uint64_t size_bytes, int64_t time, char block_r[TAR_BLOCK])
{
    struct tar_header header = {.size_bytes = size_bytes, .time = (uint64_t)time};

    assert(strlen(name) < sizeof header.name);
    memcpy(header.name, name, strlen(name));
    tar_header_write(&header, block_r);
}
