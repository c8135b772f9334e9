/* SPDX-License-Identifier: MIT */
#include "lib/store/store-check.h"

#include <sys/stat.h>

#include "lib/store/folder.h"
#include "lib/store/schema.h"
#include "lib/store/statement.h"

bool store_check_exceeds(const struct store *store, int64_t bytes)
{
    struct stat found;

    return stat(store_path(store), &found) == 0 && found.st_size > bytes;
}

/* A check that gives one row, "ok", or what it found first. */
static enum err run_check(struct store *store, const char *check, struct failure *failure)
{
    struct statement *st = statement_start(store, check);
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

enum err store_check_sound(struct store *store, struct failure *failure)
{
    return run_check(store, "PRAGMA quick_check(1)", failure);
}

/* The house makes none of them, and what they would do, nobody has looked at. */
#define NO_STRANGER                                                                                \
    "SELECT 'it holds ' || quote(name) || ', which Gatepost never makes' FROM sqlite_schema"       \
    " WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
#define NO_ORPHAN                                                                                  \
    "SELECT 'a row of ' || \"table\" || ' belongs to none' FROM pragma_foreign_key_check"

enum err store_check_whole(struct store *store, struct failure *failure)
{
    enum err err = run_check(store, NO_STRANGER, failure);

    if (err == ERR_NONE)
        err = run_check(store, "PRAGMA integrity_check(1)", failure);
    if (err == ERR_NONE)
        err = run_check(store, NO_ORPHAN, failure);
    return err;
}

enum err store_check_known(struct store *store, enum store_kind kind, struct failure *failure)
{
    int64_t known = schema_version(schema_of(kind));
    struct statement *st = statement_start(store, "PRAGMA user_version");
    int64_t version = 0;

    if (statement_step(st) == ERR_NONE)
        version = statement_number(st, 0);
    if (statement_finish(st) != ERR_NONE)
        return store_failure(store, failure);
    if (version <= known)
        return ERR_NONE;
    return failure_set(failure, ERR_NEWER,
        "%s: schema %lld is newer than this program, which knows %lld; upgrade Gatepost",
        store_path(store), (long long)version, (long long)known);
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
