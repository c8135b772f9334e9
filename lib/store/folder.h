/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The folder of one database: who owns it, what is in it, and how root works in it.
 *
 * Folders belong to the daemons' users, who could put links into them for root to follow. So
 * everything is opened from a descriptor of the folder, without following links, and while files
 * are opened or made there, the calling thread has the file-system rights of the folder's owner
 * and no others (setfsuid(2)). What mailctl makes as root is the daemon's own thereby, the -wal
 * and -shm files too.
 */

#include <limits.h>
#include <sys/types.h>

#include "lib/store/store.h"

struct folder {
    int fd;
    uid_t owner;
    gid_t group;
    mode_t file_mode;
    char file[NAME_MAX + 1]; /* "directory.db" */
    char path[PATH_MAX];     /* of that file, without any links */
};

/* The folder of a database that exists. ERR_ABSENT, ERR_ACCESS, ERR_FOREIGN (not a folder). */
enum err folder_open(const char *state_directory, enum store_kind kind, struct folder *folder_r,
    struct failure *failure);
/* Makes it, and the state directory, where they are missing; puts owner and mode right. */
enum err folder_make(const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, struct folder *folder_r, bool *changed_r,
    struct failure *failure);
void folder_close(struct folder *folder);
/*
 * Whether folder and files have the owner and the modes that folder_make() would give them.
 * ERR_ACCESS names the first that has not.
 */
enum err folder_check(const struct folder *folder, enum store_kind kind,
    const struct store_owner *owner, struct failure *failure);

/* Makes an empty file with the right mode; ERR_EXISTS where there is one. */
enum err folder_make_file(const struct folder *folder, const char *name, struct failure *failure);
/* ERR_NONE: there is a plain file of that name; ERR_ABSENT; ERR_FOREIGN: something else. */
enum err folder_find_file(const struct folder *folder, const char *name, struct failure *failure);

/* Gives that file the database's name, which nobody may have, on the disk. ERR_EXISTS. */
enum err folder_admit_file(const struct folder *folder, const char *name, struct failure *failure);
/*
 * The database and what SQLite lays beside it get that tail behind their names: "keys.db.TAIL",
 * "keys.db-wal.TAIL", which SQLite takes for no log of the former. What is missing is passed over,
 * what bore such a name goes.
 */
enum err folder_move_files(const struct folder *folder, const char *tail, struct failure *failure);

/*
 * ERR_FOREIGN where the file's write-ahead log holds something and was there before the file: it
 * is that of another database, which was in this place, and SQLite would apply it to this one
 * without a word. Tells nothing on file systems that do not know when a file was made.
 */
enum err folder_check_log(const struct folder *folder, struct failure *failure);

/* The thread takes the owner's rights, and gives them back. A pair; not nested. */
enum err folder_enter(const struct folder *folder, struct failure *failure);
void folder_leave(const struct folder *folder);
