/* SPDX-License-Identifier: MIT */
#pragma once

/* What a store is made of, for store*.c, statement.c and prepare.c alone. */

#include <sys/types.h>

#include "lib/base/array.h"
#include "lib/store/sql.h"
#include "lib/store/store.h"

/* One prepared statement, kept with the store. */
struct statement {
    struct store *store;
    const char *text;
    struct sql_statement *handle; /* NULL where it could not be prepared */
    enum err err;                 /* the first that went wrong since it was started */
    bool running;
};

struct store {
    const struct sql_driver *driver;
    struct sql *sql;
    char *path;
    char delimiter; /* of local parts and extensions */
    dev_t device;   /* of the file at path just before it was opened; 0 and 0: unknown */
    ino_t inode;
    struct timespec written; /* when it was written last, by then */
    struct failure last;     /* of the last call that failed */
    bool in_transaction;
    struct failure first; /* of this transaction */
    bool is_destroying;   /* this transaction destroys secrets */
    bool keeps_traces;    /* the last one that did has left them in the log */
    ARRAY(struct statement *) statements;
};

/* Opens path as a store, whatever is in it. */
enum err store_open_path(const char *path, enum store_kind kind, enum store_mode mode,
    struct store **store_r, struct failure *failure);
/* Puts a driver's error into words with the file's name. Returns err. */
enum err store_fail_driver(struct store *store, enum err err);
/* "NAME is no database of this kind", or ERR_NONE. Empty files pass. */
enum err store_check_identity(struct store *store, enum store_kind kind,
    const struct sql_identity *identity, struct failure *failure);
int64_t store_application_id(enum store_kind kind);
struct folder;
/*
 * Copies the store to "FILE.TAIL" in its folder, which the caller has entered: written under
 * another name, then renamed.
 */
enum err store_copy_beside(
    struct store *store, const struct folder *folder, const char *tail, struct failure *failure);
