/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The form of a backup as bytes: a tar archive of MANIFEST (backup-manifest.h) and the databases,
 * in the order of backup_kinds, and two blocks of zeros. Nothing else, and nothing in another way,
 * so that each bit of the file counts.
 *
 * Reading is fed with bytes as they come, in pieces of any size, and hands on those of the parts.
 * What was handed on is to be trusted only once backup_form_end() has said so. No I/O; one thread.
 */

#include "mailctl/backup/backup-manifest.h"
#include "mailctl/backup/tar-header.h"

/* Where the bytes of the parts go. The first failure is that of the call that fed them. */
struct backup_sink {
    enum err (*begin)(void *context, size_t part, uint64_t size_bytes, struct failure *failure);
    enum err (*add)(void *context, struct text bytes, struct failure *failure);
    enum err (*end)(void *context, struct failure *failure);
    void *context;
};

struct backup_form;

/* The sink is copied. */
struct backup_form *backup_form_new(const struct backup_sink *sink);
void backup_form_free(struct backup_form **form);
/*
 * ERR_SYNTAX: cut, altered or no backup at all; ERR_NEWER; ERR_CRYPTO; or what the sink returned.
 * Nothing may be fed after a failure. The texts do not name the file.
 */
enum err backup_form_feed(struct backup_form *form, struct text bytes, struct failure *failure);
/* All was fed: ERR_NONE where it is a whole backup. */
enum err backup_form_end(const struct backup_form *form, struct failure *failure);
/* Valid once a part has begun; the texts live as long as the form. */
const struct backup_manifest *backup_form_manifest(const struct backup_form *form);

/* For writing: what stands in front of a file, and the zeros at the end of it all. */
void backup_form_write_header(
    const char *name, uint64_t size_bytes, int64_t time, char block_r[TAR_BLOCK]);
#define BACKUP_FORM_END_BYTES (2 * TAR_BLOCK)
