/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a database server has to do for us, as one const struct of functions: sql-sqlite.c today.
 * store.c and statement.c alone call it; nouns use statement.h.
 *
 * SQL text is shared by drivers where it can be. Parameters have names ("$name") and are bound by
 * them. A connection belongs to one thread. Whatever a server answers besides a row and "done"
 * is an error, mapped to enum err; message() has its words until the next call.
 */

#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

struct sql;
struct sql_statement;

struct sql_options {
    const char *path;
    bool write;   /* false: statements that write are refused */
    bool durable; /* each commit is on disk before it returns */
    bool secret;  /* what is deleted is overwritten */
    int busy_timeout_ms;
};

/* What a database says about itself. */
struct sql_identity {
    int64_t application_id; /* 0: none */
    int64_t version;
    bool empty; /* holds nothing at all: a file just made */
};

struct sql_driver {
    const char *name;

    /* The database exists. On failure there is nothing to close. */
    enum err (*open)(
        const struct sql_options *options, struct sql **sql_r, struct failure *failure);
    void (*close)(struct sql **sql);
    /* How long it waits for others, in place of the option. */
    void (*set_patience)(struct sql *sql, int busy_timeout_ms);
    /* How much of the database it keeps in memory, at most. */
    enum err (*set_cache)(struct sql *sql, size_t bytes);
    const char *(*message)(const struct sql *sql);

    /* For a new database, once: how its file is kept. */
    enum err (*found)(struct sql *sql);
    enum err (*identify)(struct sql *sql, struct sql_identity *identity_r);
    enum err (*mark)(struct sql *sql, int64_t application_id, int64_t version);
    /* A whole copy into the file at path, which exists; what it held goes in one transaction. */
    enum err (*copy)(struct sql *sql, const char *path);
    /* A query for a number that changes whenever another connection has changed the database. */
    const char *data_version;

    /* Statements that have no result and no parameters. */
    enum err (*run)(struct sql *sql, const char *text);
    enum err (*begin)(struct sql *sql);
    enum err (*begin_reading)(struct sql *sql);
    enum err (*commit)(struct sql *sql);
    void (*roll_back)(struct sql *sql);
    /* Nothing of what was overwritten is left in the log. ERR_BUSY: somebody reads by it. */
    enum err (*empty_log)(struct sql *sql);

    enum err (*prepare)(struct sql *sql, const char *text, struct sql_statement **statement_r);
    void (*finalize)(struct sql_statement **statement);
    /* The bytes are not copied: they stay until reset(). */
    enum err (*bind_text)(struct sql_statement *statement, const char *name, struct text value);
    enum err (*bind_number)(struct sql_statement *statement, const char *name, int64_t value);
    /* ERR_NONE: a row; ERR_ABSENT: done. */
    enum err (*step)(struct sql_statement *statement);
    /* Of the row at hand, until the next step. */
    struct text (*text)(struct sql_statement *statement, int column);
    int64_t (*number)(struct sql_statement *statement, int column);
    /* Rows that the statement last run has changed. */
    int64_t (*changes)(struct sql_statement *statement);
    void (*reset)(struct sql_statement *statement);
};

extern const struct sql_driver sql_sqlite;
