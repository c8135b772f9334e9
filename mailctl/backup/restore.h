/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The databases of a backup come to where the server's are, while daemons and others work.
 *
 * Each is replaced by one transaction, or, where it is missing or cannot be opened, by one rename:
 * at any moment it is the old one or the new one. What was there is copied beside first, all of it
 * (store-aside.h). Then STATE_DIRECTORY/backup/restoring is written, which names the backup, and
 * goes when the last one is replaced. So whatever ends the process in between, the next one knows
 * of it: a restore begins anew and leaves those copies as they are.
 *
 * One thread; the room is held.
 */

#include "lib/service/settings.h"
#include "mailctl/backup/backup-stage.h"

enum restore_found {
    RESTORE_THERE,
    RESTORE_MISSING,
    RESTORE_UNUSABLE /* damaged, another's, or newer than this program */
};

/* What is in the place of a part. */
struct restore_place {
    enum restore_found found;
    struct tally tally;    /* where it is there */
    const char *complaint; /* where it is unusable; in the arena */
};

/* Looks at all places. ERR_ACCESS, ERR_BUSY, ERR_IO: one could not be looked at. */
enum err restore_look(const struct settings *settings, struct arena *arena,
    struct restore_place places_r[BACKUP_PARTS], struct failure *failure);

/*
 * The name of the backup that a restore has left half way, in the arena; NULL: none has. As
 * file_read(): where it cannot be told, it is not to be taken for none.
 */
enum err restore_interrupted(
    const char *state_directory, struct arena *arena, const char **name_r, struct failure *failure);

/*
 * Replaces all. path names the backup. Where one cannot be replaced, those before it are taken
 * back, and the failure says whether that worked. ERR_BUSY, ERR_LIMIT, ERR_ACCESS, ERR_IO.
 */
enum err restore_run(const struct backup_stage *stage, const struct settings *settings,
    const struct backup_room *room, const struct restore_place places[BACKUP_PARTS],
    const char *path, struct failure *failure);
