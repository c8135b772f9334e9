/* SPDX-License-Identifier: MIT */

/* The driver for SQLite. Its struct sql is sqlite3, its struct sql_statement is sqlite3_stmt. */

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/store/sql.h"

/* The write-ahead log is cut down to this when it has been larger. */
#define WAL_KEPT_BYTES "16777216"
/* How long a copy waits for others who write to its target. */
#define COPY_TIMEOUT_MS 5000

static sqlite3 *handle(const struct sql *sql)
{
    return (sqlite3 *)(uintptr_t)sql;
}

static sqlite3_stmt *prepared(struct sql_statement *statement)
{
    return (sqlite3_stmt *)statement;
}

static enum err err_of_errno(int number, enum err otherwise)
{
    switch (number) {
    case ENOENT:
        return ERR_ABSENT;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
        return ERR_ACCESS;
    case ENOSPC:
    case EDQUOT:
        return ERR_LIMIT;
    default:
        return otherwise;
    }
}

static enum err err_of_constraint(int extended)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ERR_EXISTS;
    default:
        return ERR_REFUSED;
    }
}

static enum err err_of(sqlite3 *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
        return ERR_NONE;
    case SQLITE_DONE:
        return ERR_ABSENT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
        return ERR_LIMIT;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return ERR_ACCESS;
    case SQLITE_CORRUPT:
        return ERR_CORRUPT;
    case SQLITE_NOTADB:
        return ERR_FOREIGN;
    case SQLITE_CONSTRAINT:
        return err_of_constraint(code);
    case SQLITE_NOMEM:
        memory_exhausted();
    case SQLITE_CANTOPEN:
        return code == SQLITE_CANTOPEN_SYMLINK ? ERR_ACCESS
                                               : err_of_errno(sqlite3_system_errno(db), ERR_IO);
    case SQLITE_IOERR:
        return err_of_errno(sqlite3_system_errno(db), ERR_IO);
    default:
        return ERR_IO;
    }
}

static enum err run(struct sql *sql, const char *text)
{
    return err_of(handle(sql), sqlite3_exec(handle(sql), text, NULL, NULL, NULL));
}

/* One number, of a pragma or a count. */
static enum err ask_number(struct sql *sql, const char *text, int64_t *number_r)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle(sql), text, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *number_r = sqlite3_column_int64(statement, 0);
    }
    enum err err = code == SQLITE_DONE ? ERR_CORRUPT : err_of(handle(sql), code);
    sqlite3_finalize(statement);
    return err;
}

static void configure(sqlite3 *db, const struct sql_options *options)
{
    int keep = 1;

    sqlite3_busy_timeout(db, options->busy_timeout_ms);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    /* Readers of another user can open what a writer has left only while the log is there. */
    sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

static enum err set_up(struct sql *sql, const struct sql_options *options)
{
    int64_t version;
    enum err err = run(sql,
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
        "PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = " WAL_KEPT_BYTES ";");

    if (err == ERR_NONE)
        err = run(
            sql, options->durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (err == ERR_NONE && options->secret)
        err = run(sql, "PRAGMA secure_delete = ON");
    /* The first read opens the log and its index, too: all files are open from here on. */
    if (err == ERR_NONE)
        err = ask_number(sql, "SELECT count(*) FROM sqlite_schema", &version);
    if (err == ERR_NONE && options->write && sqlite3_db_readonly(handle(sql), "main") == 1)
        err = ERR_ACCESS;
    if (err == ERR_NONE && !options->write)
        err = run(sql, "PRAGMA query_only = ON");
    return err;
}

static void sqlite_close(struct sql **sql)
{
    if (*sql != NULL)
        sqlite3_close_v2(handle(*sql));
    *sql = NULL;
}

/*
 * A reader opens for writing, too: the index of the log is shared memory that all write to. What
 * keeps it from writing rows is query_only.
 */
static enum err sqlite_open(
    const struct sql_options *options, struct sql **sql_r, struct failure *failure)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(options->path, &db, flags, NULL);
    struct sql *sql = (struct sql *)db;
    enum err err;

    if (db == NULL)
        memory_exhausted();
    err = err_of(db, code);
    if (err == ERR_NONE) {
        configure(db, options);
        err = set_up(sql, options);
    }
    if (err != ERR_NONE) {
        failure_set(failure, err, "%s", sqlite3_errmsg(db));
        sqlite_close(&sql);
        return err;
    }
    *sql_r = sql;
    return ERR_NONE;
}

static void set_patience(struct sql *sql, int busy_timeout_ms)
{
    sqlite3_busy_timeout(handle(sql), busy_timeout_ms);
}

static enum err set_cache(struct sql *sql, size_t bytes)
{
    char text[64];

    snprintf(text, sizeof text, "PRAGMA cache_size = -%zu", bytes / 1024);
    return run(sql, text);
}

static const char *message(const struct sql *sql)
{
    return sqlite3_errmsg(handle(sql));
}

static enum err found(struct sql *sql)
{
    return run(sql, "PRAGMA journal_mode = WAL");
}

static void roll_back(struct sql *sql)
{
    /* Some errors have rolled back already. */
    if (!sqlite3_get_autocommit(handle(sql)))
        run(sql, "ROLLBACK");
}

static enum err read_identity(struct sql *sql, struct sql_identity *identity_r)
{
    struct sql_identity identity = {0};
    int64_t objects = 0;
    enum err err = ask_number(sql, "PRAGMA application_id", &identity.application_id);

    if (err == ERR_NONE)
        err = ask_number(sql, "PRAGMA user_version", &identity.version);
    if (err == ERR_NONE)
        err = ask_number(sql, "SELECT count(*) FROM sqlite_schema", &objects);
    if (err != ERR_NONE)
        return err;
    identity.empty = objects == 0 && identity.application_id == 0 && identity.version == 0;
    *identity_r = identity;
    return ERR_NONE;
}

/* All of one moment: another mailctl may be preparing the database just now. */
static enum err identify(struct sql *sql, struct sql_identity *identity_r)
{
    bool own = sqlite3_get_autocommit(handle(sql)) != 0;
    enum err err = own ? run(sql, "BEGIN") : ERR_NONE;

    if (err == ERR_NONE)
        err = read_identity(sql, identity_r);
    if (own)
        roll_back(sql);
    return err;
}

static enum err mark(struct sql *sql, int64_t application_id, int64_t version)
{
    char text[128];

    snprintf(text, sizeof text, "PRAGMA application_id = %lld; PRAGMA user_version = %lld",
        (long long)application_id, (long long)version);
    return run(sql, text);
}

/* Copies page by page under one read lock; what the target held goes in the same transaction. */
static enum err copy_into(sqlite3 *target, struct sql *sql)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", handle(sql), "main");
    int code = backup != NULL ? sqlite3_backup_step(backup, -1) : sqlite3_extended_errcode(target);
    enum err err;

    sqlite3_backup_finish(backup);
    err = code == SQLITE_DONE ? ERR_NONE : err_of(target, code);
    /* Whether it worked or the disk was full: the log has grown by the whole database. */
    sqlite3_wal_checkpoint_v2(target, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return err == ERR_ABSENT ? ERR_IO : err;
}

static enum err copy(struct sql *sql, const char *path)
{
    sqlite3 *target = NULL;
    int keep = 1;
    int code = sqlite3_open_v2(
        path, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);
    enum err err = err_of(target, code);

    if (err == ERR_NONE) {
        sqlite3_busy_timeout(target, COPY_TIMEOUT_MS);
        sqlite3_file_control(target, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
        err = copy_into(target, sql);
    }
    sqlite3_close_v2(target);
    return err;
}

/* IMMEDIATE: a transaction that began as a reader could not be sure of becoming a writer. */
static enum err begin(struct sql *sql)
{
    return run(sql, "BEGIN IMMEDIATE");
}

static enum err begin_reading(struct sql *sql)
{
    return run(sql, "BEGIN");
}

static enum err commit(struct sql *sql)
{
    return run(sql, "COMMIT");
}

/* The first column of the row says whether somebody was in the way. */
static enum err empty_log(struct sql *sql)
{
    int64_t was_busy = 0;
    enum err err = ask_number(sql, "PRAGMA wal_checkpoint(TRUNCATE)", &was_busy);

    return err == ERR_NONE && was_busy != 0 ? ERR_BUSY : err;
}

static enum err prepare(struct sql *sql, const char *text, struct sql_statement **statement_r)
{
    sqlite3_stmt *statement = NULL;
    int code =
        sqlite3_prepare_v3(handle(sql), text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

    if (code != SQLITE_OK)
        return err_of(handle(sql), code);
    assert(statement != NULL);
    *statement_r = (struct sql_statement *)statement;
    return ERR_NONE;
}

static void finalize(struct sql_statement **statement)
{
    sqlite3_finalize(prepared(*statement));
    *statement = NULL;
}

/* A name that the statement does not have is a bug of ours. */
static int index_of(struct sql_statement *statement, const char *name)
{
    int index = sqlite3_bind_parameter_index(prepared(statement), name);

    assert(index > 0);
    return index;
}

static enum err bind_text(struct sql_statement *statement, const char *name, struct text value)
{
    int code = sqlite3_bind_text64(prepared(statement), index_of(statement, name),
        value.data != NULL ? value.data : "", value.len, SQLITE_STATIC, SQLITE_UTF8);

    return err_of(sqlite3_db_handle(prepared(statement)), code);
}

static enum err bind_number(struct sql_statement *statement, const char *name, int64_t value)
{
    int code = sqlite3_bind_int64(prepared(statement), index_of(statement, name), value);

    return err_of(sqlite3_db_handle(prepared(statement)), code);
}

static enum err step(struct sql_statement *statement)
{
    return err_of(sqlite3_db_handle(prepared(statement)), sqlite3_step(prepared(statement)));
}

static struct text column_text(struct sql_statement *statement, int column)
{
    /* In this order: asking for the text may convert the value. */
    const unsigned char *bytes = sqlite3_column_text(prepared(statement), column);
    int len = sqlite3_column_bytes(prepared(statement), column);

    if (bytes == NULL)
        return TEXT("");
    return text_from_bytes((const char *)bytes, (size_t)len);
}

static int64_t column_number(struct sql_statement *statement, int column)
{
    return sqlite3_column_int64(prepared(statement), column);
}

static int64_t changes(struct sql_statement *statement)
{
    return sqlite3_changes64(sqlite3_db_handle(prepared(statement)));
}

static void reset(struct sql_statement *statement)
{
    sqlite3_reset(prepared(statement));
    sqlite3_clear_bindings(prepared(statement));
}

const struct sql_driver sql_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .set_patience = set_patience,
    .set_cache = set_cache,
    .message = message,
    .found = found,
    .identify = identify,
    .mark = mark,
    .copy = copy,
    .data_version = "PRAGMA data_version",
    .run = run,
    .begin = begin,
    .begin_reading = begin_reading,
    .commit = commit,
    .roll_back = roll_back,
    .empty_log = empty_log,
    .prepare = prepare,
    .finalize = finalize,
    .bind_text = bind_text,
    .bind_number = bind_number,
    .step = step,
    .text = column_text,
    .number = column_number,
    .changes = changes,
    .reset = reset,
};
