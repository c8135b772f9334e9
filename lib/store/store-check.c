/* SPDX-License-Identifier: MIT */
#include "lib/store/store-check.h"

#include <sys/stat.h>

#include "lib/store/folder.h"
#include "lib/store/statement.h"

bool store_check_exceeds(const struct store *store, int64_t bytes)
{
    struct stat found;

    return stat(store_path(store), &found) == 0 && found.st_size > bytes;
}

enum err store_check_sound(struct store *store, struct failure *failure)
{
    struct statement *st = statement_start(store, "PRAGMA quick_check(1)");
    struct arena *arena = arena_new();
    struct text found = TEXT("ok");
    enum err err;

    if (statement_step(st) == ERR_NONE)
        found = statement_text(st, 0, arena);
    err = statement_finish(st);
    if (err != ERR_NONE)
        err = store_failure(store, failure);
    else if (!text_equals(found, TEXT("ok")))
        err = failure_set(
            failure, ERR_CORRUPT, "%s: damaged: %.*s", store_path(store), TEXT_ARGS(found));
    arena_free(&arena);
    return err;
}

enum err store_check_owner(const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, struct failure *failure)
{
    struct folder folder;
    enum err err = folder_open(state_directory, kind, &folder, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_check(&folder, kind, owner, failure);
    folder_close(&folder);
    return err;
}
