/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * STATE_DIRECTORY/backup, a folder for root alone, where copies of databases lie while a backup is
 * made or put back:
 *
 *     lock             held by the one mailctl that is at it
 *     .scratch-...     copies; what a process that was killed has left is removed by the next
 *     before-restore   a backup of what was there before the last restore
 *     restoring        a restore is replacing databases; the name of its file
 *
 * One thread.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct backup_room {
    const char *folder;  /* in the arena */
    const char *scratch; /* empty, and gone with the room */
    int lock;
};

/* Makes what is missing. ERR_BUSY: another mailctl is at it. ERR_ACCESS, ERR_LIMIT, ERR_IO. */
enum err backup_room_open(const char *state_directory, struct arena *arena,
    struct backup_room *room_r, struct failure *failure);
void backup_room_close(struct backup_room *room);

/* What a call of the system said about that path, by errno: ERR_ACCESS, ERR_LIMIT, ERR_IO. */
enum err backup_fail_errno(const char *path, struct failure *failure);
