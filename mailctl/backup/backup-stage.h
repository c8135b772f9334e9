/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A backup, read and judged before anything is touched: its databases are laid out in the room's
 * scratch folder, as a state directory of their own. One thread.
 *
 * The file must be of the form (backup-form.h), checksums included; each database sound, of a
 * schema that this program knows, with nothing in it that Gatepost never makes. An older schema has
 * been brought up to date.
 */

#include "lib/store/tally.h"
#include "mailctl/backup/backup-manifest.h"
#include "mailctl/backup/backup-room.h"

struct backup_stage {
    struct backup_manifest manifest; /* its texts live in the arena */
    struct store *stores[BACKUP_PARTS];
    struct tally tallies[BACKUP_PARTS];
    uint64_t bytes[BACKUP_PARTS];
};

/*
 * ERR_ABSENT: no such file; ERR_ACCESS: it may not be read, or others than its owner may have
 * written it or can read it; ERR_SYNTAX: it is damaged, or no backup; ERR_NEWER; ERR_LIMIT: the
 * disk is full; ERR_IO. The failure names the file and what to do. On failure nothing is open.
 */
enum err backup_stage_open(const char *path, const struct backup_room *room, struct arena *arena,
    struct backup_stage *stage_r, struct failure *failure);
void backup_stage_close(struct backup_stage *stage);
