/* SPDX-License-Identifier: MIT */
#include "lib/store/store-copy.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/store/folder.h"
#include "lib/store/statement.h"
#include "lib/store/store-aside.h"
#include "lib/store/store-inside.h"

static enum err copy(struct store *store, const char *path, struct failure *failure)
{
    enum err err = store->driver->copy(store->sql, path);

    if (err == ERR_NONE)
        return ERR_NONE;
    return failure_set(
        failure, err, "%s: cannot be written from %s: %s", path, store->path, err_text(err));
}

enum err store_copy_out(struct store *store, const char *path, struct failure *failure)
{
    return copy(store, path, failure);
}

static enum err page_size(struct store *store, int64_t *bytes_r, struct failure *failure)
{
    struct statement *st = statement_start(store, "PRAGMA page_size");
    enum err err;

    if (statement_step(st) == ERR_NONE)
        *bytes_r = statement_number(st, 0);
    err = statement_finish(st);
    return err == ERR_NONE ? ERR_NONE : store_failure(store, failure);
}

/* SQLite would only say that the target cannot be written. */
static enum err compare_pages(struct store *from, struct store *to, struct failure *failure)
{
    int64_t from_bytes = 0, to_bytes = 0;
    enum err err = page_size(from, &from_bytes, failure);

    if (err == ERR_NONE)
        err = page_size(to, &to_bytes, failure);
    if (err == ERR_NONE && from_bytes != to_bytes)
        err = failure_set(failure, ERR_UNSUPPORTED,
            "%s: has pages of %lld bytes, and %s of %lld: move that one away first", from->path,
            (long long)from_bytes, to->path, (long long)to_bytes);
    return err;
}

/* The copy is made with the rights of the folder's owner, whose log and index it writes to. */
static enum err copy_inside(
    struct store *store, const struct folder *folder, struct failure *failure)
{
    enum err err = folder_enter(folder, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_find_file(folder, folder->file, failure);
    if (err == ERR_NONE)
        err = folder_check_log(folder, failure);
    if (err == ERR_NONE)
        err = copy(store, folder->path, failure);
    folder_leave(folder);
    return err;
}

enum err store_copy_in(
    struct store *store, const char *state_directory, enum store_kind kind, struct failure *failure)
{
    struct store *target = NULL;
    struct folder folder;
    enum err err = store_open(state_directory, kind, STORE_WRITE, &target, failure);

    if (err == ERR_NONE)
        err = compare_pages(store, target, failure);
    store_close(&target);
    if (err == ERR_NONE)
        err = folder_open(state_directory, kind, &folder, failure);
    if (err != ERR_NONE)
        return err;
    err = copy_inside(store, &folder, failure);
    folder_close(&folder);
    return err;
}

/* --- where there is none --- */

/* Written under another name, which is left over where that did not finish. */
static enum err copy_fresh(
    struct store *store, const struct folder *folder, struct failure *failure)
{
    char fresh[NAME_MAX + 1], path[PATH_MAX + 8];
    enum err err;

    snprintf(fresh, sizeof fresh, "%.200s.new", folder->file);
    snprintf(path, sizeof path, "%s.new", folder->path);
    unlinkat(folder->fd, fresh, 0);
    err = folder_make_file(folder, fresh, failure);
    if (err == ERR_NONE)
        err = copy(store, path, failure);
    if (err == ERR_NONE)
        err = folder_admit_file(folder, fresh, failure);
    if (err != ERR_NONE)
        unlinkat(folder->fd, fresh, 0);
    return err;
}

static enum err make_inside(
    struct store *store, const struct folder *folder, struct failure *failure)
{
    enum err err = folder_enter(folder, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_find_file(folder, folder->file, failure);
    if (err == ERR_NONE)
        err = failure_set(failure, ERR_EXISTS, "%s: is there already", folder->path);
    else if (err == ERR_ABSENT)
        err = folder_move_files(folder, STORE_ASIDE_TAIL, failure);
    if (err == ERR_NONE)
        err = copy_fresh(store, folder, failure);
    folder_leave(folder);
    return err;
}

enum err store_copy_new(struct store *store, const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, struct failure *failure)
{
    struct folder folder;
    bool changed = false;
    enum err err = folder_make(state_directory, kind, owner, &folder, &changed, failure);

    if (err != ERR_NONE)
        return err;
    err = make_inside(store, &folder, failure);
    folder_close(&folder);
    /* Its log has to be there, too, before its readers come. */
    return err == ERR_NONE ? store_prepare(state_directory, kind, owner, &changed, failure) : err;
}
