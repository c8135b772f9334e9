/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/backup-write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "lib/store/store-check.h"
#include "lib/store/store-copy.h"
#include "mailctl/backup/backup-form.h"
#include "mailctl/file.h"
#include "mailctl/store-owners.h"

#define PIECE_BYTES ((size_t)256 * 1024)

/* --- what is read --- */

void backup_sources_close(struct backup_sources *sources)
{
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        store_close(&sources->stores[i]);
}

/* A moment is fixed by the first read within it. */
static enum err pin(struct store *store, struct failure *failure)
{
    int64_t version;

    store_begin_reading(store);
    return store_data_version(store, &version) == ERR_NONE ? ERR_NONE
                                                           : store_failure(store, failure);
}

enum err backup_sources_open(const struct settings *settings, enum backup_check check,
    struct backup_sources *sources_r, struct failure *failure)
{
    struct backup_sources sources = {.stores = {NULL}};
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < BACKUP_PARTS; i++)
        err = store_open(store_directory_of(backup_kinds[i], settings), backup_kinds[i], STORE_READ,
            &sources.stores[i], failure);
    for (size_t i = 0; err == ERR_NONE && i < BACKUP_PARTS; i++)
        err = pin(sources.stores[i], failure);
    for (size_t i = 0; err == ERR_NONE && check == BACKUP_CHECKED && i < BACKUP_PARTS; i++)
        err = store_check_sound(sources.stores[i], failure);
    if (err != ERR_NONE)
        backup_sources_close(&sources);
    else
        *sources_r = sources;
    return err;
}

/* --- what is written --- */

struct writing {
    const struct backup_sources *sources;
    const struct backup_room *room;
    const char *path; /* beside the place where it belongs */
    int fd;
    struct arena *arena;
    struct backup_written written;
};

static enum err write_all(const struct writing *writing, struct text bytes, struct failure *failure)
{
    while (bytes.len != 0) {
        ssize_t done = write(writing->fd, bytes.data, bytes.len);

        if (done < 0 && errno != EINTR)
            return backup_fail_errno(writing->path, failure);
        if (done > 0)
            bytes = text_skip(bytes, (size_t)done);
    }
    return ERR_NONE;
}

static enum err write_zeros(const struct writing *writing, size_t len, struct failure *failure)
{
    static const char zeros[BACKUP_FORM_END_BYTES];

    return write_all(writing, text_from_bytes(zeros, len), failure);
}

static enum err write_header(
    const struct writing *writing, const char *name, uint64_t size_bytes, struct failure *failure)
{
    char block[TAR_BLOCK];

    backup_form_write_header(name, size_bytes, writing->written.manifest.time, block);
    return write_all(writing, text_from_bytes(block, sizeof block), failure);
}

/* Its size is that of the copy: nobody else writes to it. */
static enum err pour(struct writing *writing, int from, const char *path, struct digest *digest,
    struct failure *failure)
{
    char *piece = memory_alloc(PIECE_BYTES);
    enum err err = ERR_NONE;

    while (err == ERR_NONE) {
        ssize_t got = read(from, piece, PIECE_BYTES);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = backup_fail_errno(path, failure);
        if (got <= 0)
            break;
        digest_add(digest, text_from_bytes(piece, (size_t)got));
        err = write_all(writing, text_from_bytes(piece, (size_t)got), failure);
    }
    memory_wipe(piece, PIECE_BYTES);
    memory_free(&piece);
    return err;
}

static enum err append_copy(
    struct writing *writing, size_t part, int from, const char *path, struct failure *failure)
{
    struct digest *digest;
    struct stat found;
    uint64_t size_bytes;
    enum err err;

    if (fstat(from, &found) != 0)
        return backup_fail_errno(path, failure);
    size_bytes = (uint64_t)found.st_size;
    if (size_bytes > TAR_SIZE_MAX)
        return failure_set(failure, ERR_LIMIT,
            "%s: larger than the %" PRIu64 " bytes that a part of a backup may have",
            store_path(writing->sources->stores[part]), TAR_SIZE_MAX);
    err = write_header(writing, backup_part_name(part, writing->arena), size_bytes, failure);
    if (err != ERR_NONE)
        return err;
    digest = digest_new();
    err = pour(writing, from, path, digest, failure);
    if (!digest_finish(digest, writing->written.manifest.digests[part]) && err == ERR_NONE)
        err = failure_set(failure, ERR_CRYPTO, "the cryptographic library gives no SHA-256");
    digest_free(&digest);
    writing->written.bytes[part] = size_bytes;
    return err == ERR_NONE ? write_zeros(writing, tar_padding(size_bytes), failure) : err;
}

static enum err write_part(struct writing *writing, size_t part, struct failure *failure)
{
    const char *path = arena_print(writing->arena, "%s/part", writing->room->scratch).data;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum err err;

    if (fd < 0)
        return backup_fail_errno(path, failure);
    err = store_copy_out(writing->sources->stores[part], path, failure);
    if (err == ERR_NONE)
        err = append_copy(writing, part, fd, path, failure);
    close(fd);
    (void)unlink(path);
    return err;
}

/* First without the checksums, to know how long it is, and at last with them. */
static enum err write_manifest(struct writing *writing, struct failure *failure)
{
    struct buffer text = BUFFER_NONE;
    enum err err = backup_manifest_write(&writing->written.manifest, &text, failure);

    if (err == ERR_NONE && lseek(writing->fd, 0, SEEK_SET) != 0)
        err = backup_fail_errno(writing->path, failure);
    if (err == ERR_NONE)
        err = write_header(writing, BACKUP_MANIFEST_NAME, text.len, failure);
    if (err == ERR_NONE)
        err = write_all(writing, buffer_text(&text), failure);
    if (err == ERR_NONE)
        err = write_zeros(writing, tar_padding(text.len), failure);
    buffer_done(&text);
    return err;
}

static enum err write_backup(struct writing *writing, struct failure *failure)
{
    enum err err = write_manifest(writing, failure);

    for (size_t i = 0; err == ERR_NONE && i < BACKUP_PARTS; i++)
        err = write_part(writing, i, failure);
    if (err == ERR_NONE)
        err = write_zeros(writing, BACKUP_FORM_END_BYTES, failure);
    if (err == ERR_NONE)
        err = write_manifest(writing, failure);
    if (err == ERR_NONE && fsync(writing->fd) != 0)
        err = backup_fail_errno(writing->path, failure);
    return err;
}

/* --- its place --- */

enum err backup_check_path(const char *path, bool replaces, struct failure *failure)
{
    struct stat found;

    if (lstat(path, &found) != 0)
        return errno == ENOENT ? ERR_NONE : backup_fail_errno(path, failure);
    if (!S_ISREG(found.st_mode))
        return failure_set(failure, ERR_FOREIGN, "%s: not a plain file; name another one", path);
    if (!replaces)
        return failure_set(failure, ERR_EXISTS,
            "%s: there is a file of that name; name a new one, or say --overwrite", path);
    return ERR_NONE;
}

/* Somebody may have made one of that name meanwhile. Not all file systems can look and rename. */
static enum err put_in_place(
    const char *beside, const char *path, bool replaces, struct failure *failure)
{
    enum err err = backup_check_path(path, replaces, failure);

    if (err != ERR_NONE)
        return err;
    if (!replaces && renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return ERR_NONE;
    if (!replaces && errno != EINVAL)
        return errno == EEXIST ? backup_check_path(path, false, failure)
                               : backup_fail_errno(path, failure);
    return rename(beside, path) == 0 ? ERR_NONE : backup_fail_errno(path, failure);
}

static enum err open_beside(struct writing *writing, struct failure *failure)
{
    if (unlink(writing->path) != 0 && errno != ENOENT)
        return backup_fail_errno(writing->path, failure);
    writing->fd = open(writing->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return writing->fd >= 0 ? ERR_NONE : backup_fail_errno(writing->path, failure);
}

static enum err write_in_place(
    struct writing *writing, const char *path, bool replaces, struct failure *failure)
{
    enum err err = open_beside(writing, failure);

    if (err != ERR_NONE)
        return err;
    err = write_backup(writing, failure);
    close(writing->fd);
    if (err == ERR_NONE)
        err = put_in_place(writing->path, path, replaces, failure);
    if (err != ERR_NONE) {
        (void)unlink(writing->path);
        return err;
    }
    return file_sync_folder(path, failure);
}

enum err backup_write(const struct backup_sources *sources, const struct settings *settings,
    const struct backup_room *room, const char *path, bool replaces,
    struct backup_written *written_r, struct failure *failure)
{
    struct arena *arena = arena_new();
    struct writing writing = {.sources = sources,
        .room = room,
        .arena = arena,
        .path = file_beside(path, arena),
        .written = {.manifest = {.program = TEXT(PACKAGE_VERSION),
                        .host = text_from_string(settings_hostname(settings)),
                        .time = clock_wall()}}};
    enum err err = backup_check_path(path, replaces, failure);

    if (err == ERR_NONE)
        err = write_in_place(&writing, path, replaces, failure);
    if (err == ERR_NONE)
        *written_r = writing.written;
    arena_free(&arena);
    return err;
}
