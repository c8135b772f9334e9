/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/backup-room.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailctl/attach/scratch.h"

enum err backup_fail_errno(const char *path, struct failure *failure)
{
    switch (errno) {
    case EACCES:
    case EPERM:
    case EROFS:
        return failure_set_errno(failure, ERR_ACCESS, "%s", path);
    case ENOSPC:
    case EDQUOT:
        return failure_set_errno(failure, ERR_LIMIT, "%s", path);
    default:
        return failure_set_errno(failure, ERR_IO, "%s", path);
    }
}

/* Of ours and closed, whatever was there before. */
static enum err make_folder(const char *path, struct failure *failure)
{
    struct stat found;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return backup_fail_errno(path, failure);
    if (lstat(path, &found) != 0)
        return backup_fail_errno(path, failure);
    if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid() || (found.st_mode & 077) != 0)
        return failure_set(failure, ERR_ACCESS,
            "%s: not a folder that its owner alone may enter; move it away, and a new one is made",
            path);
    return ERR_NONE;
}

static enum err take_lock(struct backup_room *room, struct arena *arena, struct failure *failure)
{
    const char *path = arena_print(arena, "%s/lock", room->folder).data;

    room->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (room->lock < 0)
        return backup_fail_errno(path, failure);
    if (flock(room->lock, LOCK_EX | LOCK_NB) == 0)
        return ERR_NONE;
    return failure_set(failure, ERR_BUSY,
        "%s: another mailctl is making a backup or putting one back; try again when it is done",
        path);
}

enum err backup_room_open(const char *state_directory, struct arena *arena,
    struct backup_room *room_r, struct failure *failure)
{
    struct backup_room room = {
        .folder = arena_print(arena, "%s/backup", state_directory).data, .lock = -1};
    enum err err;

    /* On a machine where nothing was made yet a backup may be put back. */
    if (mkdir(state_directory, 0755) != 0 && errno != EEXIST)
        return backup_fail_errno(state_directory, failure);
    err = make_folder(room.folder, failure);
    if (err == ERR_NONE)
        err = take_lock(&room, arena, failure);
    if (err == ERR_NONE) {
        scratch_sweep(room.folder);
        err = scratch_make(room.folder, arena, &room.scratch, failure);
    }
    if (err != ERR_NONE)
        backup_room_close(&room);
    else
        *room_r = room;
    return err;
}

void backup_room_close(struct backup_room *room)
{
    scratch_remove(room->scratch);
    if (room->lock >= 0)
        close(room->lock);
    *room = (struct backup_room){.lock = -1};
}
