/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whole files of somebody else's: read, and replaced so that at every moment the name leads to
 * the old content or to the new, and after a power loss too. Links are not followed here: resolve
 * the path first (file_resolve), so that a link stays one and its target is what changes.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

/* Configuration files larger than this are refused. */
#define FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct file {
    bool is_there;
    struct text content; /* in the arena */
    mode_t mode;         /* the permissions alone */
    uid_t owner;
    gid_t group;
    struct timespec changed;
    nlink_t links; /* its names, as it was read; not kept in a journal */
};

/* The path behind all links; the path itself where nothing is there yet. Lives in the arena. */
enum err file_resolve(
    const char *path, struct arena *arena, const char **resolved_r, struct failure *failure);
/* ERR_NONE with is_there false where nothing is there. ERR_FOREIGN: not a plain file. */
enum err file_read(
    const char *path, struct arena *arena, struct file *file_r, struct failure *failure);
/* Content, permissions and owner are the same; times are not looked at. */
bool file_equals(const struct file *a, const struct file *b);
/*
 * Makes the path hold that file, or nothing where is_there is false. The new content is written
 * beside it, to file_beside(), brought to the disk and renamed. Access control lists and other
 * attributes of what stood there are kept (file-attributes.h). Other names of the same file, hard
 * links, go on leading to the old content.
 */
enum err file_replace(const char *path, const struct file *file, struct failure *failure);
/* The name under which file_replace() prepares; whatever is found there is left over. */
const char *file_beside(const char *path, struct arena *arena);
/* Brings the folder that the path is in to the disk: a rename is there once its folder is. */
enum err file_sync_folder(const char *path, struct failure *failure);
