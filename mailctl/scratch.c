/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw */
#include "mailctl/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16

enum err scratch_make(struct arena *arena, const char **path_r, struct failure *failure)
{
    char path[] = "/tmp/gatepost-XXXXXX";

    if (mkdtemp(path) == NULL)
        return failure_set_errno(failure, ERR_IO, "/tmp: no folder could be made");
    *path_r = arena_copy_string(arena, text_from_string(path));
    return ERR_NONE;
}

/* The folders that lead to the path, from behind the scratch folder on. */
static enum err make_folders(char *path, size_t start, struct failure *failure)
{
    for (char *at = path + start; (at = strchr(at, '/')) != NULL; at++) {
        int made;

        *at = '\0';
        made = mkdir(path, 0700);
        *at = '/';
        if (made != 0 && errno != EEXIST)
            return failure_set_errno(failure, ERR_IO, "%s", path);
    }
    return ERR_NONE;
}

enum err scratch_write(struct arena *arena, const char *scratch, const char *name,
    struct text content, const char **path_r, struct failure *failure)
{
    char *path;
    FILE *file;
    bool is_written;

    while (name[0] == '/')
        name++;
    path = arena_copy_string(arena, arena_print(arena, "%s/%s", scratch, name));
    if (make_folders(path, strlen(scratch) + 1, failure) != ERR_NONE)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    /* What was copied there before may be a link that leads out of here. */
    (void)unlink(path);
    file = fopen(path, "wxe");
    if (file == NULL)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    is_written = fwrite(content.data, 1, content.len, file) == content.len;
    if (fclose(file) != 0 || !is_written)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    *path_r = path;
    return ERR_NONE;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
    (void)stat;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

void scratch_remove(const char *scratch)
{
    if (scratch != NULL)
        (void)nftw(scratch, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
}
