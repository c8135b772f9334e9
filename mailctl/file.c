/* SPDX-License-Identifier: MIT */
#include "mailctl/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailctl/file-attributes.h"

#define PERMISSIONS ((mode_t)07777)
#define LINKS_MAX 40

static enum err fail(struct failure *failure, const char *path)
{
    return failure_set_errno(failure,
        errno == EACCES || errno == EPERM || errno == EROFS ? ERR_ACCESS : ERR_IO, "%s", path);
}

/* The folder must be there; what stands in it may be missing. */
static enum err resolve_missing(
    const char *path, struct arena *arena, const char **resolved_r, struct failure *failure)
{
    struct text whole = text_from_string(path);
    size_t slash = text_find_last(whole, '/');
    char real[PATH_MAX];
    const char *folder = slash == whole.len ? "."
                         : slash == 0       ? "/"
                                            : arena_copy_string(arena, text_head(whole, slash));

    if (realpath(folder, real) == NULL)
        return fail(failure, folder);
    *resolved_r = arena_print(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
        slash == whole.len ? path : path + slash + 1)
                      .data;
    return ERR_NONE;
}

enum err file_resolve(
    const char *path, struct arena *arena, const char **resolved_r, struct failure *failure)
{
    char real[PATH_MAX];
    struct stat found;

    if (realpath(path, real) != NULL) {
        *resolved_r = arena_copy_string(arena, text_from_string(real));
        return ERR_NONE;
    }
    if (errno != ENOENT)
        return fail(failure, path);
    if (lstat(path, &found) == 0 && S_ISLNK(found.st_mode))
        return failure_set(failure, ERR_FOREIGN, "%s: a link that leads nowhere", path);
    return resolve_missing(path, arena, resolved_r, failure);
}

static enum err read_content(int fd, size_t size, struct arena *arena, struct text *content_r)
{
    char *bytes = arena_alloc(arena, size + 1);
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    bytes[len] = '\0';
    *content_r = text_from_bytes(bytes, len);
    return ERR_NONE;
}

static enum err read_open(
    int fd, const char *path, struct arena *arena, struct file *file, struct failure *failure)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return fail(failure, path);
    if (!S_ISREG(found.st_mode))
        return failure_set(failure, ERR_FOREIGN, "%s: not a plain file", path);
    if ((uint64_t)found.st_size > FILE_BYTES_MAX)
        return failure_set(failure, ERR_LIMIT, "%s: larger than the %zu bytes that are read here",
            path, FILE_BYTES_MAX);
    if (read_content(fd, (size_t)found.st_size, arena, &file->content) != ERR_NONE)
        return fail(failure, path);
    file->is_there = true;
    file->mode = found.st_mode & PERMISSIONS;
    file->owner = found.st_uid;
    file->group = found.st_gid;
    file->changed = found.st_mtim;
    file->links = found.st_nlink;
    return ERR_NONE;
}

enum err file_read(
    const char *path, struct arena *arena, struct file *file_r, struct failure *failure)
{
    struct file file = {.content = TEXT("")};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    enum err err = ERR_NONE;

    if (fd < 0 && errno != ENOENT)
        return fail(failure, path);
    if (fd >= 0) {
        err = read_open(fd, path, arena, &file, failure);
        close(fd);
    }
    if (err == ERR_NONE)
        *file_r = file;
    return err;
}

bool file_equals(const struct file *a, const struct file *b)
{
    if (!a->is_there || !b->is_there)
        return a->is_there == b->is_there;
    return text_equals(a->content, b->content) && a->mode == b->mode && a->owner == b->owner &&
           a->group == b->group;
}

const char *file_beside(const char *path, struct arena *arena)
{
    struct text whole = text_from_string(path);
    size_t slash = text_find_last(whole, '/');

    if (slash == whole.len)
        return arena_print(arena, ".%s.gatepost", path).data;
    return arena_print(arena, "%.*s/.%s.gatepost", (int)slash, path, path + slash + 1).data;
}

enum err file_sync_folder(const char *path, struct failure *failure)
{
    char folder[PATH_MAX];
    size_t slash = text_find_last(text_from_string(path), '/');
    int fd;
    enum err err = ERR_NONE;

    if (path[slash] == '\0')
        (void)snprintf(folder, sizeof folder, ".");
    else
        (void)snprintf(folder, sizeof folder, "%.*s", slash == 0 ? 1 : (int)slash, path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        err = fail(failure, folder);
    if (fd >= 0)
        close(fd);
    return err;
}

static bool write_all(int fd, struct text content)
{
    while (content.len != 0) {
        ssize_t done = write(fd, content.data, content.len);

        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0)
            content = text_skip(content, (size_t)done);
    }
    return true;
}

/* What stood there hands on its attributes; where nothing did, the folder gives its own. */
static enum err keep_attributes(int fd, const char *path, struct failure *failure)
{
    int old = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    enum err err;

    if (old < 0)
        return errno == ENOENT ? ERR_NONE : fail(failure, path);
    err = file_attributes_copy(old, fd, path, failure);
    close(old);
    return err;
}

/*
 * Nobody but the owner may read it before all of it is right. The permissions come last: they are
 * a part of an access control list, too.
 */
static enum err fill(
    int fd, const char *beside, const char *path, const struct file *file, struct failure *failure)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, file->changed};
    bool has_time = file->changed.tv_sec != 0;
    enum err err;

    if (!write_all(fd, file->content) || fchown(fd, file->owner, file->group) != 0)
        return fail(failure, beside);
    err = keep_attributes(fd, path, failure);
    if (err != ERR_NONE)
        return err;
    return fchmod(fd, file->mode) == 0 && (!has_time || futimens(fd, times) == 0) && fsync(fd) == 0
               ? ERR_NONE
               : fail(failure, beside);
}

static enum err write_beside(
    const char *beside, const char *path, const struct file *file, struct failure *failure)
{
    int fd;
    enum err err;

    if (unlink(beside) != 0 && errno != ENOENT)
        return fail(failure, beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(failure, beside);
    err = fill(fd, beside, path, file, failure);
    close(fd);
    if (err != ERR_NONE)
        unlink(beside);
    return err;
}

enum err file_replace(const char *path, const struct file *file, struct failure *failure)
{
    struct arena *arena = arena_new();
    const char *beside = file_beside(path, arena);
    enum err err = ERR_NONE;

    if (!file->is_there) {
        if (unlink(path) != 0 && errno != ENOENT)
            err = fail(failure, path);
    } else {
        err = write_beside(beside, path, file, failure);
        if (err == ERR_NONE && rename(beside, path) != 0)
            err = fail(failure, path);
    }
    if (err == ERR_NONE)
        err = file_sync_folder(path, failure);
    arena_free(&arena);
    return err;
}
