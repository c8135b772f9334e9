/* SPDX-License-Identifier: MIT */
#include "lib/store/store-aside.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/store/folder.h"
#include "lib/store/store-copy.h"
#include "lib/store/store-inside.h"

/* Enters the folder of that database; to be left, and closed. */
static enum err enter(const char *state_directory, enum store_kind kind, struct folder *folder,
    struct failure *failure)
{
    enum err err = folder_open(state_directory, kind, folder, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_enter(folder, failure);
    if (err != ERR_NONE)
        folder_close(folder);
    return err;
}

static void leave(struct folder *folder)
{
    folder_leave(folder);
    folder_close(folder);
}

/* That of a former copy of the name would be applied to this one. */
static void drop_log(const struct folder *folder, const char *name)
{
    static const char *const tails[] = {"-wal", "-shm"};
    char log[NAME_MAX + 1];

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(log, sizeof log, "%.240s%s", name, tails[i]);
        unlinkat(folder->fd, log, 0);
    }
}

enum err store_copy_beside(
    struct store *store, const struct folder *folder, const char *tail, struct failure *failure)
{
    char name[NAME_MAX + 1], fresh[NAME_MAX + 1], path[PATH_MAX + 8];
    enum err err;

    snprintf(name, sizeof name, "%.100s.%.100s", folder->file, tail);
    snprintf(fresh, sizeof fresh, "%.200s.new", folder->file);
    snprintf(path, sizeof path, "%s.new", folder->path);
    unlinkat(folder->fd, fresh, 0); /* left by a copy that did not finish */
    err = folder_make_file(folder, fresh, failure);
    if (err != ERR_NONE)
        return err;
    err = store_copy_out(store, path, failure);
    if (err == ERR_NONE)
        drop_log(folder, name);
    if (err == ERR_NONE &&
        (renameat(folder->fd, fresh, folder->fd, name) != 0 || fsync(folder->fd) != 0))
        err = failure_set_errno(failure, ERR_IO, "%s", path);
    if (err != ERR_NONE)
        unlinkat(folder->fd, fresh, 0);
    return err;
}

enum err store_copy_aside(
    const char *state_directory, enum store_kind kind, struct failure *failure)
{
    struct store *store = NULL;
    struct folder folder;
    enum err err = store_open(state_directory, kind, STORE_READ, &store, failure);

    if (err == ERR_NONE)
        err = enter(state_directory, kind, &folder, failure);
    if (err == ERR_NONE) {
        err = store_copy_beside(store, &folder, STORE_ASIDE_TAIL, failure);
        leave(&folder);
    }
    store_close(&store);
    return err;
}

enum err store_move_aside(
    const char *state_directory, enum store_kind kind, struct failure *failure)
{
    struct folder folder;
    enum err err = enter(state_directory, kind, &folder, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_move_files(&folder, STORE_ASIDE_TAIL, failure);
    leave(&folder);
    return err;
}

/* The copy is opened with the rights of its folder's owner, as it was made. */
static enum err open_copy(const char *state_directory, enum store_kind kind, struct store **store_r,
    struct failure *failure)
{
    char name[NAME_MAX + 1], path[PATH_MAX + NAME_MAX];
    struct folder folder;
    enum err err = enter(state_directory, kind, &folder, failure);

    if (err != ERR_NONE)
        return err;
    snprintf(name, sizeof name, "%.100s." STORE_ASIDE_TAIL, folder.file);
    snprintf(path, sizeof path, "%s." STORE_ASIDE_TAIL, folder.path);
    err = folder_find_file(&folder, name, failure);
    if (err == ERR_NONE)
        err = store_open_path(path, kind, STORE_READ, store_r, failure);
    leave(&folder);
    return err;
}

enum err store_take_back(const char *state_directory, enum store_kind kind, struct failure *failure)
{
    struct store *store = NULL;
    enum err err = open_copy(state_directory, kind, &store, failure);

    if (err == ERR_NONE)
        err = store_copy_in(store, state_directory, kind, failure);
    store_close(&store);
    return err;
}
