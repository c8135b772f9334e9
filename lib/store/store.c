/* SPDX-License-Identifier: MIT */
#include "lib/store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/buffer.h"
#include "lib/store/folder.h"
#include "lib/store/mailbox.h"
#include "lib/store/schema.h"
#include "lib/store/statement.h"
#include "lib/store/store-inside.h"

/* "GP" and the kind: a file in another's place is told apart. */
#define APPLICATION_ID_BASE ((int64_t)0x47500001)

static const struct {
    bool durable, secret;
} habits[STORE_KIND_COUNT] = {
    [STORE_DIRECTORY] = {.durable = true,  .secret = false},
    [STORE_CREDENTIALS] = {.durable = true,  .secret = true },
    [STORE_KEYS] = {.durable = true,  .secret = true },
    [STORE_LIMITS] = {.durable = false, .secret = false},
    [STORE_SEEN] = {.durable = false, .secret = false},
    [STORE_SRS] = {.durable = true,  .secret = true },
    [STORE_GUARD] = {.durable = false, .secret = false},
};

int64_t store_application_id(enum store_kind kind)
{
    return APPLICATION_ID_BASE + (int64_t)kind;
}

static enum err fail_open(
    enum err err, const char *path, const char *words, struct failure *failure)
{
    switch (err) {
    case ERR_BUSY:
        return failure_set(failure, err, "%s: locked by another program", path);
    case ERR_FOREIGN:
        return failure_set(failure, err, "%s: not a database of Gatepost (%s)", path, words);
    case ERR_ACCESS:
        return failure_set(failure, err, "%s: not permitted (%s)", path, words);
    default:
        return failure_set(failure, err, "%s: %s", path, words);
    }
}

enum err store_open_path(const char *path, enum store_kind kind, enum store_mode mode,
    struct store **store_r, struct failure *failure)
{
    struct sql_options options = {
        .path = path,
        .write = mode == STORE_WRITE,
        .durable = habits[kind].durable,
        .secret = habits[kind].secret,
        .busy_timeout_ms = STORE_BUSY_TIMEOUT_MS,
    };
    /* Before the opening: a file that comes in between is then opened again, not overlooked. */
    struct stat found = {.st_ino = 0};
    bool is_there = stat(path, &found) == 0;
    struct store *store;
    struct failure inner;
    struct sql *sql;
    enum err err = sql_sqlite.open(&options, &sql, &inner);

    if (err != ERR_NONE)
        return fail_open(err, path, inner.text, failure);
    store = memory_alloc_zero(1, sizeof *store);
    store->driver = &sql_sqlite;
    store->sql = sql;
    store->path = memory_copy_string(path);
    store->delimiter = MAILBOX_DELIMITER;
    store->device = is_there ? found.st_dev : 0;
    store->inode = is_there ? found.st_ino : 0;
    store->written = is_there ? found.st_mtim : (struct timespec){.tv_sec = 0};
    *store_r = store;
    return ERR_NONE;
}

enum err store_check_identity(struct store *store, enum store_kind kind,
    const struct sql_identity *identity, struct failure *failure)
{
    if (identity->empty)
        return ERR_NONE;
    if (identity->application_id != store_application_id(kind))
        return failure_set(failure, ERR_FOREIGN, "%s: not Gatepost's %s database", store->path,
            store_kind_name(kind));
    return ERR_NONE;
}

static enum err check_version(struct store *store, enum store_kind kind, struct failure *failure)
{
    const struct schema *schema = schema_of(kind);
    struct sql_identity identity;
    enum err err = store->driver->identify(store->sql, &identity);

    if (err != ERR_NONE)
        return fail_open(err, store->path, store->driver->message(store->sql), failure);
    err = store_check_identity(store, kind, &identity, failure);
    if (err != ERR_NONE)
        return err;
    if (identity.empty)
        return failure_set(failure, ERR_ABSENT, "%s: empty; run \"mailctl init\"", store->path);
    err = schema_compare(schema, identity.version);
    if (err == ERR_OLDER)
        failure_set(failure, err, "%s: schema %lld is older than %lld; run \"mailctl upgrade\"",
            store->path, (long long)identity.version, (long long)schema_version(schema));
    else if (err == ERR_NEWER)
        failure_set(failure, err,
            "%s: schema %lld is newer than this program, which knows %lld; upgrade Gatepost",
            store->path, (long long)identity.version, (long long)schema_version(schema));
    return err;
}

enum err store_open(const char *state_directory, enum store_kind kind, enum store_mode mode,
    struct store **store_r, struct failure *failure)
{
    struct folder folder;
    struct store *store = NULL;
    enum err err = folder_open(state_directory, kind, &folder, failure);

    if (err != ERR_NONE)
        return err;
    err = folder_enter(&folder, failure);
    if (err == ERR_NONE) {
        err = folder_find_file(&folder, folder.file, failure);
        if (err == ERR_NONE)
            err = folder_check_log(&folder, failure);
        if (err == ERR_NONE)
            err = store_open_path(folder.path, kind, mode, &store, failure);
        if (err == ERR_NONE)
            err = check_version(store, kind, failure);
        folder_leave(&folder);
    }
    folder_close(&folder);
    if (err != ERR_NONE)
        store_close(&store);
    else
        *store_r = store;
    return err;
}

void store_close(struct store **store)
{
    struct store *closing = *store;

    if (closing == NULL)
        return;
    for (size_t i = 0; i < closing->statements.count; i++) {
        struct statement *statement = closing->statements.items[i];

        if (statement->handle != NULL)
            closing->driver->finalize(&statement->handle);
        free(statement);
    }
    array_done(&closing->statements);
    store_roll_back(closing);
    closing->driver->close(&closing->sql);
    free(closing->path);
    memory_free(store);
}

void store_set_patience(struct store *store, int timeout_ms)
{
    store->driver->set_patience(store->sql, timeout_ms);
}

/* Where it cannot, it is only slower. */
void store_set_cache(struct store *store, size_t bytes)
{
    (void)store->driver->set_cache(store->sql, bytes);
}

void store_set_delimiter(struct store *store, char delimiter)
{
    store->delimiter = delimiter;
}

char store_delimiter(const struct store *store)
{
    return store->delimiter;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

/*
 * What SQLite writes goes to the log first, which is emptied by the last to close it, and by who
 * destroys secrets. So while we are there and the log is empty, a stranger has written the file, or
 * such a one: then it is opened anew for nothing.
 */
static bool is_overwritten(const struct store *store, const struct timespec *written)
{
    struct buffer log = BUFFER_NONE;
    struct stat found;
    bool is_log_empty;

    if (written->tv_sec == store->written.tv_sec && written->tv_nsec == store->written.tv_nsec)
        return false;
    buffer_append_format(&log, "%s-wal", store->path);
    is_log_empty = stat(buffer_string(&log), &found) == 0 && found.st_size == 0;
    buffer_done(&log);
    return is_log_empty;
}

/* The number of an open file is not given to another one, so it tells them apart. */
bool store_is_current(const struct store *store)
{
    struct stat found;

    return stat(store->path, &found) == 0 && found.st_dev == store->device &&
           found.st_ino == store->inode && !is_overwritten(store, &found.st_mtim);
}

enum err store_fail_driver(struct store *store, enum err err)
{
    fail_open(err, store->path, store->driver->message(store->sql), &store->last);
    if (store->in_transaction && store->first.err == ERR_NONE)
        store->first = store->last;
    return err;
}

static void begin(struct store *store, enum err (*driver_begin)(struct sql *sql))
{
    enum err err;

    assert(!store->in_transaction);
    store->in_transaction = true;
    store->is_destroying = false;
    store->first.err = ERR_NONE;
    err = driver_begin(store->sql);
    if (err != ERR_NONE)
        store_fail_driver(store, err);
}

void store_begin(struct store *store)
{
    begin(store, store->driver->begin);
}

void store_begin_reading(struct store *store)
{
    begin(store, store->driver->begin_reading);
}

/* What was overwritten stands in the log as it was, until that begins anew. */
static void clear_log(struct store *store)
{
    store->keeps_traces = store->driver->empty_log(store->sql) != ERR_NONE;
}

enum err store_commit(struct store *store, struct failure *failure)
{
    assert(store->in_transaction);
    if (store->first.err == ERR_NONE) {
        enum err err = store->driver->commit(store->sql);

        if (err != ERR_NONE)
            store_fail_driver(store, err);
    }
    store_roll_back(store);
    if (store->first.err == ERR_NONE && store->is_destroying)
        clear_log(store);
    if (store->first.err == ERR_NONE)
        return ERR_NONE;
    store->last = store->first;
    return store_failure(store, failure);
}

/* After a commit that went well there is nothing to take back. */
void store_roll_back(struct store *store)
{
    if (store->in_transaction)
        store->driver->roll_back(store->sql);
    store->in_transaction = false;
}

bool store_keeps_traces(const struct store *store)
{
    return store->keeps_traces;
}

enum err store_failure(const struct store *store, struct failure *failure)
{
    if (failure != NULL)
        *failure = store->last;
    return store->last.err;
}

enum err store_data_version(struct store *store, int64_t *version_r)
{
    struct statement *st = statement_start(store, store->driver->data_version);
    int64_t version = 0;
    enum err end;

    if (statement_step(st) == ERR_NONE)
        version = statement_number(st, 0);
    end = statement_finish(st);
    if (end == ERR_NONE)
        *version_r = version;
    return end;
}
