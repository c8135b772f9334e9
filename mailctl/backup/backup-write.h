/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Making a backup, while daemons and other mailctl work. All databases are read as of one moment:
 * what each holds is pinned before the first is copied. One thread.
 */

#include "lib/service/settings.h"
#include "mailctl/backup/backup-manifest.h"
#include "mailctl/backup/backup-room.h"

/* The databases that belong into a backup, open and pinned. */
struct backup_sources {
    struct store *stores[BACKUP_PARTS];
};

enum backup_check {
    BACKUP_CHECKED, /* a damaged database is refused: ERR_CORRUPT */
    BACKUP_AS_IS    /* of what is about to be replaced */
};

/* As store_open(). On failure nothing is open. */
enum err backup_sources_open(const struct settings *settings, enum backup_check check,
    struct backup_sources *sources_r, struct failure *failure);
void backup_sources_close(struct backup_sources *sources);

struct backup_written {
    struct backup_manifest manifest;
    uint64_t bytes[BACKUP_PARTS];
};

/*
 * Writes them into a file that root alone may read from its first byte on: beside the path first
 * (file_beside()), to the disk, and into its place by one rename. replaces: a plain file of that
 * name goes; else ERR_EXISTS. ERR_FOREIGN: something that is no file bears the name. ERR_LIMIT: the
 * disk is full, or a database larger than the form takes; ERR_BUSY, ERR_ACCESS, ERR_IO. Whatever
 * fails, what stood at the path stands there.
 */
enum err backup_write(const struct backup_sources *sources, const struct settings *settings,
    const struct backup_room *room, const char *path, bool replaces,
    struct backup_written *written_r, struct failure *failure);
/* What backup_write() would refuse of the name, for a look beforehand. */
enum err backup_check_path(const char *path, bool replaces, struct failure *failure);
