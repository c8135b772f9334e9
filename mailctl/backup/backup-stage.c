/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/backup-stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/store/store-check.h"
#include "mailctl/backup/backup-form.h"

#define PIECE_BYTES ((size_t)256 * 1024)

struct staging {
    const char *path;  /* of the backup */
    const char *state; /* where its databases come to lie */
    struct arena *arena;
    struct backup_stage stage;
    size_t part;
    const char *part_path;
    int fd; /* of the part; -1: none */
};

/* --- the file --- */

/* Who could write it decides who may log in; who can read it has the keys. */
static enum err check_file(int fd, const char *path, struct failure *failure)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return backup_fail_errno(path, failure);
    if (!S_ISREG(found.st_mode))
        return failure_set(failure, ERR_SYNTAX, "%s: not a plain file", path);
    if (found.st_uid != geteuid())
        return failure_set(failure, ERR_ACCESS,
            "%s: belongs to another user (%ld), who may have put anything into it; if it is to be "
            "trusted, run \"chown %ld %s\"",
            path, (long)found.st_uid, (long)geteuid(), path);
    if ((found.st_mode & (S_IWGRP | S_IRWXO)) != 0)
        return failure_set(failure, ERR_ACCESS,
            "%s: others can read or write this file, and private keys stand in it; if nobody did, "
            "run \"chmod 600 %s\"",
            path, path);
    return ERR_NONE;
}

/* Not waiting for what might be a pipe. */
static enum err open_file(const char *path, int *fd_r, struct failure *failure)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err err;

    if (fd < 0)
        return errno == ENOENT ? failure_set(failure, ERR_ABSENT, "%s: no such file", path)
                               : backup_fail_errno(path, failure);
    err = check_file(fd, path, failure);
    if (err != ERR_NONE)
        close(fd);
    else
        *fd_r = fd;
    return err;
}

/* --- its parts --- */

static enum err begin_part(void *context, size_t part, uint64_t size_bytes, struct failure *failure)
{
    struct staging *staging = context;
    const char *name = store_kind_name(backup_kinds[part]);
    const char *folder = arena_print(staging->arena, "%s/%s", staging->state, name).data;

    staging->part_path = arena_print(staging->arena, "%s/%s.db", folder, name).data;
    staging->stage.bytes[part] = size_bytes;
    if (mkdir(folder, 0700) != 0)
        return backup_fail_errno(folder, failure);
    staging->fd =
        open(staging->part_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return staging->fd >= 0 ? ERR_NONE : backup_fail_errno(staging->part_path, failure);
}

static enum err add_to_part(void *context, struct text bytes, struct failure *failure)
{
    const struct staging *staging = context;

    while (bytes.len != 0) {
        ssize_t done = write(staging->fd, bytes.data, bytes.len);

        if (done < 0 && errno != EINTR)
            return backup_fail_errno(staging->part_path, failure);
        if (done > 0)
            bytes = text_skip(bytes, (size_t)done);
    }
    return ERR_NONE;
}

static enum err end_part(void *context, struct failure *failure)
{
    struct staging *staging = context;
    int fd = staging->fd;

    staging->fd = -1;
    return close(fd) == 0 ? ERR_NONE : backup_fail_errno(staging->part_path, failure);
}

/* What the form finds wrong does not name the file; what the disk refuses names its own. */
static enum err name_file(
    const struct staging *staging, const struct failure *why, struct failure *failure)
{
    if (why->err != ERR_SYNTAX && why->err != ERR_NEWER && why->err != ERR_CRYPTO)
        return failure_set(failure, why->err, "%s", why->text);
    return failure_set(failure, why->err, "%s: %s", staging->path, why->text);
}

static enum err feed(
    struct staging *staging, struct backup_form *form, int fd, char *piece, struct failure *failure)
{
    ssize_t got;
    enum err err = ERR_NONE;

    do {
        got = read(fd, piece, PIECE_BYTES);
        if (got < 0 && errno != EINTR)
            return backup_fail_errno(staging->path, failure);
        if (got > 0)
            err = backup_form_feed(form, text_from_bytes(piece, (size_t)got), failure);
    } while (err == ERR_NONE && got != 0);
    return err == ERR_NONE ? backup_form_end(form, failure) : err;
}

static enum err read_file(struct staging *staging, int fd, struct failure *failure)
{
    struct backup_sink sink = {
        .begin = begin_part, .add = add_to_part, .end = end_part, .context = staging};
    struct backup_form *form = backup_form_new(&sink);
    char *piece = memory_alloc(PIECE_BYTES);
    struct failure why = {.err = ERR_NONE};
    enum err err = feed(staging, form, fd, piece, &why);

    if (err == ERR_NONE) {
        staging->stage.manifest = *backup_form_manifest(form);
        staging->stage.manifest.program =
            arena_copy(staging->arena, staging->stage.manifest.program);
        staging->stage.manifest.host = arena_copy(staging->arena, staging->stage.manifest.host);
    } else {
        err = name_file(staging, &why, failure);
    }
    memory_wipe(piece, PIECE_BYTES);
    memory_free(&piece);
    backup_form_free(&form);
    if (staging->fd >= 0)
        close(staging->fd);
    return err;
}

/* --- its databases --- */

/* What is wrong with them is wrong with the data; the disk's and the program's own stay as they
 * are. */
static enum err err_of_part(enum err err)
{
    switch (err) {
    case ERR_ABSENT:
    case ERR_CORRUPT:
    case ERR_FOREIGN:
    case ERR_REFUSED:
        return ERR_SYNTAX;
    default:
        return err;
    }
}

/* One that is empty would be filled with tables, so it is opened before it is brought up to date.
 */
static enum err open_part(struct staging *staging, size_t part, struct failure *why)
{
    enum store_kind kind = backup_kinds[part];
    struct store **store = &staging->stage.stores[part];
    enum err err = store_open(staging->state, kind, STORE_READ, store, why);
    bool changed;

    if (err == ERR_OLDER) {
        err = store_prepare(staging->state, kind, NULL, &changed, why);
        if (err == ERR_NONE)
            err = store_open(staging->state, kind, STORE_READ, store, why);
    }
    if (err == ERR_NONE)
        err = store_check_known(*store, kind, why);
    if (err == ERR_NONE)
        err = store_check_whole(*store, why);
    if (err == ERR_NONE && tally_take(*store, kind, &staging->stage.tallies[part]) != ERR_NONE)
        err = store_failure(*store, why);
    return err;
}

static enum err open_parts(struct staging *staging, struct failure *failure)
{
    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        struct failure why = {.err = ERR_NONE};
        enum err err = open_part(staging, i, &why);

        if (err != ERR_NONE)
            return failure_set(failure, err_of_part(err), "%s: its %s is not taken: %s",
                staging->path, backup_part_name(i, staging->arena), why.text);
    }
    return ERR_NONE;
}

enum err backup_stage_open(const char *path, const struct backup_room *room, struct arena *arena,
    struct backup_stage *stage_r, struct failure *failure)
{
    struct staging staging = {.path = path,
        .state = arena_print(arena, "%s/state", room->scratch).data,
        .arena = arena,
        .fd = -1};
    int fd = -1;
    enum err err = open_file(path, &fd, failure);

    if (err != ERR_NONE)
        return err;
    if (mkdir(staging.state, 0700) != 0)
        err = backup_fail_errno(staging.state, failure);
    else
        err = read_file(&staging, fd, failure);
    close(fd);
    if (err == ERR_NONE)
        err = open_parts(&staging, failure);
    if (err != ERR_NONE)
        backup_stage_close(&staging.stage);
    else
        *stage_r = staging.stage;
    return err;
}

void backup_stage_close(struct backup_stage *stage)
{
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        store_close(&stage->stores[i]);
}
