/* SPDX-License-Identifier: MIT */
#include "lib/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    mode_t folder_mode, file_mode;
} layout[STORE_KIND_COUNT] = {
    [STORE_DIRECTORY] = {"directory",   02770, 0660},
    [STORE_CREDENTIALS] = {"credentials", 0700,  0600},
    [STORE_KEYS] = {"keys",        0700,  0600},
    [STORE_LIMITS] = {"limits",      0700,  0600},
    [STORE_SEEN] = {"seen",        0700,  0600},
    [STORE_SRS] = {"srs",         02770, 0660},
    [STORE_GUARD] = {"guard",       0700,  0600},
};

const char *store_kind_name(enum store_kind kind)
{
    assert((unsigned)kind < STORE_KIND_COUNT);
    return layout[kind].name;
}

static enum err err_of_errno(void)
{
    switch (errno) {
    case ENOENT:
        return ERR_ABSENT;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_ACCESS;
    case ENOTDIR:
    case ELOOP:
        return ERR_FOREIGN;
    case EEXIST:
        return ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return ERR_LIMIT;
    default:
        return ERR_IO;
    }
}

/* By errno; what is missing is there once mailctl has made it. */
static enum err __attribute__((format(printf, 2, 3)))
fail_missing(struct failure *failure, const char *format, ...)
{
    int saved = errno;
    char path[PATH_MAX + 64];
    va_list args;

    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    errno = saved;
    if (saved != ENOENT)
        return failure_set_errno(failure, err_of_errno(), "%s", path);
    return failure_set(failure, ERR_ABSENT,
        "%s: no such file or directory (run \"mailctl init\"; if it was lost, see "
        "mailctl-backup(1) first)",
        path);
}

/* The state directory may itself be reached by links: those are the administrator's. */
static enum err set_path(const char *state_directory, enum store_kind kind, struct folder *folder,
    struct failure *failure)
{
    char real[PATH_MAX];
    int len;

    if (realpath(state_directory, real) == NULL)
        return fail_missing(failure, "%s", state_directory);
    snprintf(folder->file, sizeof folder->file, "%s.db", layout[kind].name);
    len = snprintf(
        folder->path, sizeof folder->path, "%s/%s/%s", real, layout[kind].name, folder->file);
    if (len < 0 || (size_t)len >= sizeof folder->path)
        return failure_set(failure, ERR_RANGE, "%s: the path is too long", state_directory);
    return ERR_NONE;
}

static enum err take_stat(struct folder *folder, struct failure *failure)
{
    struct stat found;

    if (fstat(folder->fd, &found) != 0)
        return failure_set_errno(failure, ERR_IO, "%s: the folder", folder->path);
    folder->owner = found.st_uid;
    folder->group = found.st_gid;
    return ERR_NONE;
}

enum err folder_open(const char *state_directory, enum store_kind kind, struct folder *folder_r,
    struct failure *failure)
{
    struct folder folder = {.fd = -1, .file_mode = layout[kind].file_mode};
    int state_fd;
    enum err err = set_path(state_directory, kind, &folder, failure);

    if (err != ERR_NONE)
        return err;
    state_fd = open(state_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (state_fd < 0)
        return failure_set_errno(failure, err_of_errno(), "%s", state_directory);
    folder.fd =
        openat(state_fd, layout[kind].name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder.fd < 0)
        err = fail_missing(failure, "%s/%s", state_directory, layout[kind].name);
    else
        err = take_stat(&folder, failure);
    close(state_fd);
    if (err != ERR_NONE) {
        folder_close(&folder);
        return err;
    }
    *folder_r = folder;
    return ERR_NONE;
}

void folder_close(struct folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
}

/* -1 (leave as it is) for both where the program is not root or nobody is named. */
static enum err find_owner(
    const struct store_owner *owner, uid_t *uid_r, gid_t *gid_r, struct failure *failure)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (owner != NULL && owner->user != NULL) {
        const struct passwd *user = getpwnam(owner->user);

        if (user == NULL)
            return failure_set(failure, ERR_ABSENT,
                "there is no user \"%s\" (run \"systemd-sysusers\")", owner->user);
        uid = user->pw_uid;
        gid = user->pw_gid;
    }
    if (owner != NULL && owner->group != NULL) {
        const struct group *group = getgrnam(owner->group);

        if (group == NULL)
            return failure_set(failure, ERR_ABSENT,
                "there is no group \"%s\" (run \"systemd-sysusers\")", owner->group);
        gid = group->gr_gid;
    }
    *uid_r = uid;
    *gid_r = gid;
    return ERR_NONE;
}

/* Who can rename our folders could have root work elsewhere. */
static enum err check_state_directory(int fd, const char *path, struct failure *failure)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    if (geteuid() == 0 && (found.st_uid != 0 || (found.st_mode & 022) != 0))
        return failure_set(failure, ERR_ACCESS,
            "%s: belongs to another user or is writable by others; run \"chown root %s\" and "
            "\"chmod go-w %s\"",
            path, path, path);
    return ERR_NONE;
}

static enum err make_state_directory(
    const char *path, int *fd_r, bool *changed_r, struct failure *failure)
{
    int fd;
    enum err err;

    if (mkdir(path, 0755) == 0)
        *changed_r = true;
    else if (errno != EEXIST)
        return failure_set_errno(failure, err_of_errno(), "%s: cannot be made", path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failure_set_errno(failure, err_of_errno(), "%s", path);
    err = check_state_directory(fd, path, failure);
    if (err != ERR_NONE) {
        close(fd);
        return err;
    }
    *fd_r = fd;
    return ERR_NONE;
}

/* Owner first: changing it clears the bit for the group. */
static enum err put_right(int fd, const char *path, uid_t uid, gid_t gid, mode_t mode,
    bool *changed_r, struct failure *failure)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    if (geteuid() == 0 && (found.st_uid != uid || found.st_gid != gid)) {
        if (fchown(fd, uid, gid) != 0)
            return failure_set_errno(failure, ERR_ACCESS, "%s: owner cannot be set", path);
        *changed_r = true;
        found.st_mode = 0;
    }
    if ((found.st_mode & 07777) != mode) {
        if (fchmod(fd, mode) != 0)
            return failure_set_errno(failure, ERR_ACCESS, "%s: mode cannot be set", path);
        *changed_r = true;
    }
    return ERR_NONE;
}

/* For the database and what SQLite lays beside it. */
static const char *const file_tails[] = {"", "-wal", "-shm"};
#define FILE_TAIL_COUNT (sizeof file_tails / sizeof *file_tails)

/* Links cannot be opened so; a second name of the file could be anybody's. */
static enum err put_files_right(
    const struct folder *folder, uid_t uid, gid_t gid, bool *changed_r, struct failure *failure)
{
    for (size_t i = 0; i < FILE_TAIL_COUNT; i++) {
        char name[NAME_MAX + 1];
        struct stat found;
        enum err err = ERR_NONE;
        int fd;

        snprintf(name, sizeof name, "%.200s%s", folder->file, file_tails[i]);
        fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return failure_set_errno(failure, err_of_errno(), "%s%s", folder->path, file_tails[i]);
        if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1)
            err = failure_set(failure, ERR_FOREIGN, "%s%s: not a plain file of one name",
                folder->path, file_tails[i]);
        else
            err = put_right(fd, folder->path, uid, gid, folder->file_mode, changed_r, failure);
        close(fd);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static enum err compare_right(const struct stat *found, const char *path, uid_t uid, gid_t gid,
    mode_t mode, struct failure *failure)
{
    if (found->st_uid != uid || found->st_gid != gid)
        return failure_set(failure, ERR_ACCESS, "%s: belongs to %ld:%ld, not to %ld:%ld", path,
            (long)found->st_uid, (long)found->st_gid, (long)uid, (long)gid);
    if ((found->st_mode & 07777) != mode)
        return failure_set(failure, ERR_ACCESS, "%s: has mode %04o, not %04o", path,
            (unsigned)found->st_mode & 07777U, (unsigned)mode);
    return ERR_NONE;
}

enum err folder_check(const struct folder *folder, enum store_kind kind,
    const struct store_owner *owner, struct failure *failure)
{
    char path[PATH_MAX + 32];
    struct stat found;
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;
    enum err err = find_owner(owner, &uid, &gid, failure);

    if (err != ERR_NONE)
        return err;
    if (fstat(folder->fd, &found) != 0)
        return failure_set_errno(failure, ERR_IO, "%s: the folder", folder->path);
    snprintf(path, sizeof path, "the folder of %s", folder->path);
    err = compare_right(&found, path, uid, gid, layout[kind].folder_mode, failure);
    for (size_t i = 0; err == ERR_NONE && i < FILE_TAIL_COUNT; i++) {
        char name[NAME_MAX + 1];

        snprintf(name, sizeof name, "%.200s%s", folder->file, file_tails[i]);
        snprintf(path, sizeof path, "%s%s", folder->path, file_tails[i]);
        if (fstatat(folder->fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (!S_ISREG(found.st_mode) || found.st_nlink != 1)
            return failure_set(failure, ERR_FOREIGN, "%s: not a plain file of one name", path);
        err = compare_right(&found, path, uid, gid, folder->file_mode, failure);
    }
    return err;
}

static enum err make_in(int state_fd, enum store_kind kind, uid_t uid, gid_t gid,
    struct folder *folder, bool *changed_r, struct failure *failure)
{
    enum err err;

    if (mkdirat(state_fd, layout[kind].name, 0700) == 0)
        *changed_r = true;
    else if (errno != EEXIST)
        return failure_set_errno(
            failure, err_of_errno(), "%s: its folder cannot be made", folder->path);
    folder->fd =
        openat(state_fd, layout[kind].name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->fd < 0)
        return failure_set_errno(failure, err_of_errno(), "%s: its folder", folder->path);
    err =
        put_right(folder->fd, folder->path, uid, gid, layout[kind].folder_mode, changed_r, failure);
    if (err == ERR_NONE)
        err = put_files_right(folder, uid, gid, changed_r, failure);
    if (err == ERR_NONE)
        err = take_stat(folder, failure);
    return err;
}

enum err folder_make(const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, struct folder *folder_r, bool *changed_r,
    struct failure *failure)
{
    struct folder folder = {.fd = -1, .file_mode = layout[kind].file_mode};
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;
    int state_fd = -1;
    enum err err = find_owner(owner, &uid, &gid, failure);

    if (err == ERR_NONE)
        err = make_state_directory(state_directory, &state_fd, changed_r, failure);
    if (err != ERR_NONE)
        return err;
    err = set_path(state_directory, kind, &folder, failure);
    if (err == ERR_NONE)
        err = make_in(state_fd, kind, uid, gid, &folder, changed_r, failure);
    close(state_fd);
    if (err != ERR_NONE) {
        folder_close(&folder);
        return err;
    }
    *folder_r = folder;
    return ERR_NONE;
}

enum err folder_make_file(const struct folder *folder, const char *name, struct failure *failure)
{
    int fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum err err = ERR_NONE;

    if (fd < 0)
        return failure_set_errno(
            failure, err_of_errno(), "%s: %s cannot be made", folder->path, name);
    if (fchmod(fd, folder->file_mode) != 0 || fsync(folder->fd) != 0)
        err = failure_set_errno(failure, err_of_errno(), "%s: %s", folder->path, name);
    close(fd);
    return err;
}

enum err folder_find_file(const struct folder *folder, const char *name, struct failure *failure)
{
    struct stat found;

    if (fstatat(folder->fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_missing(failure, "%s", folder->path);
    if (!S_ISREG(found.st_mode))
        return failure_set(failure, ERR_FOREIGN, "%s: not a plain file", folder->path);
    return ERR_NONE;
}

enum err folder_admit_file(const struct folder *folder, const char *name, struct failure *failure)
{
    if (renameat2(folder->fd, name, folder->fd, folder->file, RENAME_NOREPLACE) != 0 ||
        fsync(folder->fd) != 0)
        return failure_set_errno(failure, err_of_errno(), "%s: %s", folder->path, name);
    return ERR_NONE;
}

/* The database first: a log without it is applied to nothing. */
enum err folder_move_files(const struct folder *folder, const char *tail, struct failure *failure)
{
    for (size_t i = 0; i < FILE_TAIL_COUNT; i++) {
        char from[NAME_MAX + 1], to[NAME_MAX + 1];

        snprintf(from, sizeof from, "%.100s%s", folder->file, file_tails[i]);
        snprintf(to, sizeof to, "%.120s.%.100s", from, tail);
        if (renameat(folder->fd, from, folder->fd, to) != 0 && errno != ENOENT)
            return failure_set_errno(failure, err_of_errno(), "%s: %s", folder->path, from);
    }
    return fsync(folder->fd) == 0
               ? ERR_NONE
               : failure_set_errno(failure, err_of_errno(), "%s: its folder", folder->path);
}

static bool was_made_later(const struct statx_timestamp *one, const struct statx_timestamp *other)
{
    return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec
                                        : one->tv_nsec > other->tv_nsec;
}

enum err folder_check_log(const struct folder *folder, struct failure *failure)
{
    char name[NAME_MAX + 1];
    struct statx file, log;

    snprintf(name, sizeof name, "%.200s-wal", folder->file);
    if (statx(folder->fd, folder->file, AT_SYMLINK_NOFOLLOW, STATX_SIZE | STATX_BTIME, &file) !=
            0 ||
        statx(folder->fd, name, AT_SYMLINK_NOFOLLOW, STATX_SIZE | STATX_BTIME, &log) != 0)
        return ERR_NONE; /* no log, which is fine; whatever else is wrong, the opening says */
    if ((file.stx_mask & log.stx_mask & STATX_BTIME) == 0 || file.stx_size == 0 ||
        log.stx_size == 0 || !was_made_later(&file.stx_btime, &log.stx_btime))
        return ERR_NONE;
    return failure_set(failure, ERR_FOREIGN,
        "%s: younger than its log, %s, which would be applied to it: where the database was put "
        "back from a backup, stop the daemons and remove %s and %.200s-shm; see "
        "mailctl-backup(1)",
        folder->path, name, name, folder->file);
}

static bool is_foreign(const struct folder *folder)
{
    return geteuid() == 0 && folder->owner != 0;
}

/* The calls say nothing about their success; asking with -1 does. */
static bool take_rights(const struct folder *folder)
{
    setfsgid(folder->group);
    setfsuid(folder->owner);
    return (uid_t)setfsuid((uid_t)-1) == folder->owner &&
           (gid_t)setfsgid((gid_t)-1) == folder->group;
}

enum err folder_enter(const struct folder *folder, struct failure *failure)
{
    struct stat found;
    enum err err = ERR_NONE;

    if (!is_foreign(folder))
        return ERR_NONE;
    if (!take_rights(folder))
        err = failure_set(
            failure, ERR_ACCESS, "%s: cannot take the rights of its owner", folder->path);
    else if (stat(folder->path, &found) != 0 && errno == EACCES)
        err = failure_set(failure, ERR_ACCESS,
            "%s: its owner cannot get there, since a folder above it is closed (\"namei -l %s\" "
            "shows which)",
            folder->path, folder->path);
    if (err != ERR_NONE)
        folder_leave(folder);
    return err;
}

void folder_leave(const struct folder *folder)
{
    if (!is_foreign(folder))
        return;
    setfsuid(geteuid());
    setfsgid(getegid());
}
