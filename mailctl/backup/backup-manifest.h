/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a backup says about itself, in its first file, MANIFEST:
 *
 *     # gatepost-backup 1
 *     # program 0.1.0
 *     # time 2026-11-22T04:30:00Z
 *     # host mail.example.org
 *     43b5...  directory.db
 *     ...
 *     # sha256 9f86...
 *
 * A line for each part, in the order in which the parts follow, as sha256sum(1) checks them; the
 * last line is the checksum of all before it. Pure but for the cryptographic library; any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/mailauth/digest.h"
#include "lib/store/store.h"

#define BACKUP_FORMAT 1
#define BACKUP_MANIFEST_NAME "MANIFEST"
#define BACKUP_MANIFEST_BYTES_MAX ((size_t)4096)
#define BACKUP_PARTS 4

/* Which databases belong into a backup, in their order there. */
extern const enum store_kind backup_kinds[BACKUP_PARTS];
/* "directory.db"; lives in the arena. */
const char *backup_part_name(size_t part, struct arena *arena);

struct backup_manifest {
    struct text program, host; /* no control bytes */
    int64_t time;
    unsigned char digests[BACKUP_PARTS][DIGEST_LEN];
};

/* ERR_CRYPTO where the library refuses. As long for the same program and host, whatever digests. */
enum err backup_manifest_write(
    const struct backup_manifest *manifest, struct buffer *text, struct failure *failure);
/*
 * Texts live in the arena. ERR_SYNTAX; ERR_NEWER: of a later format; ERR_CRYPTO. The failure's text
 * says what is wrong with "MANIFEST", without the backup's name.
 */
enum err backup_manifest_read(struct text text, struct arena *arena,
    struct backup_manifest *manifest_r, struct failure *failure);
