/* SPDX-License-Identifier: MIT */

/* store_prepare(): databases made and brought up to date. */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/store/folder.h"
#include "lib/store/schema.h"
#include "lib/store/store-inside.h"

static enum err fail(struct store *store, enum err err, struct failure *failure)
{
    store_fail_driver(store, err);
    return store_failure(store, failure);
}

/* The steps that are missing, in one transaction; another mailctl may have been quicker. */
static enum err run_steps(struct store *store, enum store_kind kind, struct failure *failure)
{
    const struct schema *schema = schema_of(kind);
    const struct sql_driver *driver = store->driver;
    struct sql_identity identity = {0};
    enum err err = driver->begin(store->sql);

    if (err == ERR_NONE)
        err = driver->identify(store->sql, &identity);
    if (err == ERR_NONE && (identity.empty || identity.version < schema_version(schema))) {
        size_t done = identity.empty ? 0 : (size_t)(identity.version % SCHEMA_STEPS_MAX);

        for (size_t i = done; err == ERR_NONE && i < schema->step_count; i++)
            err = driver->run(store->sql, schema->steps[i]);
        if (err == ERR_NONE)
            err = driver->mark(store->sql, store_application_id(kind), schema_version(schema));
    }
    if (err == ERR_NONE)
        err = driver->commit(store->sql);
    if (err != ERR_NONE) {
        fail(store, err, failure);
        driver->roll_back(store->sql);
    }
    return err;
}

/* "directory.db.1002": the database as it was at that version. */
static enum err copy_aside(
    const struct folder *folder, struct store *store, int64_t version, struct failure *failure)
{
    char tail[32];
    struct failure why;
    enum err err;

    snprintf(tail, sizeof tail, "%lld", (long long)version);
    err = store_copy_beside(store, folder, tail, &why);
    return err == ERR_NONE
               ? ERR_NONE
               : failure_set(failure, err, "the copy before the upgrade failed: %s", why.text);
}

static enum err upgrade(const struct folder *folder, struct store *store, enum store_kind kind,
    bool *changed_r, struct failure *failure)
{
    const struct schema *schema = schema_of(kind);
    struct sql_identity identity = {0};
    enum err err = store->driver->identify(store->sql, &identity);

    if (err != ERR_NONE)
        return fail(store, err, failure);
    err = store_check_identity(store, kind, &identity, failure);
    if (err != ERR_NONE)
        return err;
    if (!identity.empty && schema_compare(schema, identity.version) == ERR_NEWER)
        return failure_set(failure, ERR_NEWER, "%s: schema %lld is newer than this program",
            store->path, (long long)identity.version);
    if (!identity.empty && schema_compare(schema, identity.version) == ERR_NONE)
        return ERR_NONE;
    if (!identity.empty && identity.version / SCHEMA_STEPS_MAX != schema->major)
        return failure_set(failure, ERR_UNSUPPORTED,
            "%s: schema %lld is of an older major version; upgrade step by step", store->path,
            (long long)identity.version);
    if (identity.empty) {
        err = store->driver->found(store->sql);
        if (err != ERR_NONE)
            return fail(store, err, failure);
    } else
        err = copy_aside(folder, store, identity.version, failure);
    if (err == ERR_NONE)
        err = run_steps(store, kind, failure);
    if (err == ERR_NONE)
        *changed_r = true;
    return err;
}

static enum err prepare_inside(
    const struct folder *folder, enum store_kind kind, bool *changed_r, struct failure *failure)
{
    struct store *store = NULL;
    enum err err = folder_find_file(folder, folder->file, failure);

    if (err == ERR_ABSENT) {
        err = folder_make_file(folder, folder->file, failure);
        if (err == ERR_EXISTS)
            err = ERR_NONE;
    }
    if (err == ERR_NONE)
        err = folder_check_log(folder, failure);
    if (err == ERR_NONE)
        err = store_open_path(folder->path, kind, STORE_WRITE, &store, failure);
    if (err == ERR_NONE)
        err = upgrade(folder, store, kind, changed_r, failure);
    store_close(&store);
    return err;
}

/*
 * A new database becomes one with a write-ahead log while nobody else has it open; SQLite does
 * not wait for that by itself. Several mailctl at once do so here.
 */
static enum err prepare_patiently(
    const struct folder *folder, enum store_kind kind, bool *changed_r, struct failure *failure)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int64_t deadline = clock_monotonic_ms() + STORE_BUSY_TIMEOUT_MS;
    enum err err;

    for (;;) {
        err = prepare_inside(folder, kind, changed_r, failure);
        if (err != ERR_BUSY || clock_monotonic_ms() >= deadline)
            return err;
        nanosleep(&pause, NULL);
    }
}

enum err store_prepare(const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, bool *changed_r, struct failure *failure)
{
    struct folder folder;
    bool changed = false;
    enum err err = folder_make(state_directory, kind, owner, &folder, &changed, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_enter(&folder, failure);
    if (err == ERR_NONE) {
        err = prepare_patiently(&folder, kind, &changed, failure);
        folder_leave(&folder);
    }
    folder_close(&folder);
    if (err == ERR_NONE)
        *changed_r = changed;
    return err;
}
