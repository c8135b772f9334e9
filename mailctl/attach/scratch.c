/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw */
#include "mailctl/attach/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16
#define PREFIX ".scratch-"

enum err scratch_make(
    const char *folder, struct arena *arena, const char **path_r, struct failure *failure)
{
    char *path = arena_copy_string(arena, arena_print(arena, "%s/" PREFIX "XXXXXX", folder));

    if (mkdtemp(path) == NULL)
        return failure_set_errno(failure, ERR_IO, "%s: no folder could be made", folder);
    *path_r = path;
    return ERR_NONE;
}

void scratch_sweep(const char *folder)
{
    struct arena *arena = arena_new();
    DIR *entries = opendir(folder);
    const struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL)
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            scratch_remove(arena_print(arena, "%s/%s", folder, entry->d_name).data);
    if (entries != NULL)
        closedir(entries);
    arena_free(&arena);
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
    int fd;
    FILE *file;
    bool is_written;

    while (name[0] == '/')
        name++;
    path = arena_copy_string(arena, arena_print(arena, "%s/%s", scratch, name));
    if (make_folders(path, strlen(scratch) + 1, failure) != ERR_NONE)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    /* What was copied there before may be a link that leads out of here. */
    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
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
