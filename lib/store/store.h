/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Databases: one SQLite file per directory under the state directory, each with its owner
 * (design: who owns which fact). WAL, STRICT tables, foreign keys, a busy timeout, migrations by
 * user_version; application_id tells our files from others.
 *
 * A store is one connection and belongs to one thread. Nouns (domain.h, user.h, ...) run their
 * statements on it; they prepare each once and keep it with the store.
 *
 * Errors: ERR_ABSENT no such row; ERR_EXISTS a unique key is taken; ERR_BUSY locked beyond the
 * timeout; ERR_LIMIT the disk or the database is full; ERR_ACCESS; ERR_CORRUPT; ERR_FOREIGN not
 * ours; ERR_NEWER, ERR_OLDER the schema; ERR_IO the rest. Everything that SQLite answers besides
 * ROW and DONE is an error. store_failure() gives the sentence, with the file's name.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

struct store;

enum store_kind {
    STORE_DIRECTORY,   /* domains, users without secrets, aliases; written by mailctl */
    STORE_CREDENTIALS, /* password hashes, logins at other hosts; mailctl and authd */
    STORE_KEYS,        /* DKIM private keys; mailctl, read by the milter */
    STORE_LIMITS,      /* counters; policyd */
    STORE_SEEN,        /* what DMARC reports are made of; milter */
    STORE_SRS,         /* secrets of SRS; mailctl, read by the milter and authd */
    STORE_GUARD,       /* known networks, what guessers tried; authd */
    STORE_KIND_COUNT
};

enum store_mode { STORE_READ, STORE_WRITE };

#define STORE_BUSY_TIMEOUT_MS 2000

/* "directory": the name of the kind, of its folder, and of its file with ".db" behind it. */
const char *store_kind_name(enum store_kind kind);

/*
 * Opens a database that exists. ERR_ABSENT ("run mailctl init"), ERR_FOREIGN, ERR_NEWER (unless
 * only by additions, which are readable), ERR_OLDER ("run mailctl upgrade"), ERR_CORRUPT, ...
 * ERR_FOREIGN too where the log beside it belongs to a database that was there before.
 */
enum err store_open(const char *state_directory, enum store_kind kind, enum store_mode mode,
    struct store **store_r, struct failure *failure);
void store_close(struct store **store);
/* How long statements wait for other writers, in place of STORE_BUSY_TIMEOUT_MS. */
void store_set_patience(struct store *store, int timeout_ms);
/* How much of the database is kept in memory, at most; 2 MiB unless this is called. */
void store_set_cache(struct store *store, size_t bytes);
/*
 * What parts local parts from their extensions, in place of MAILBOX_DELIMITER (mailbox.h); holds
 * until it is set again.
 */
void store_set_delimiter(struct store *store, char delimiter);
char store_delimiter(const struct store *store);
/* The file, for messages. */
const char *store_path(const struct store *store);
/*
 * False when the path names another file than the open one, or none: the database was moved away,
 * removed or replaced (a backup was put back). The store still reads the old file, and no statement
 * and no data version would tell; who keeps a store open asks this, and closes and opens again.
 * False too when the file was copied over, as far as that can be told: while its log is empty;
 * whoever empties the log, for secrets that were destroyed, looks the same.
 */
bool store_is_current(const struct store *store);

/*
 * Who shall own a database and its folder, by name. user NULL: whoever runs the program. group
 * NULL: the user's first group. Used where the program runs as root, else passed over.
 */
struct store_owner {
    const char *user, *group;
};

/*
 * Makes the folder and the database where they are missing, with that owner (NULL: both NULL) and
 * the modes of the design, and brings an older schema up after an automatic copy, which stays
 * beside the database. Idempotent. For mailctl and for tests. *changed_r: something was made or
 * altered. Users and groups that do not exist are named in the failure (ERR_ABSENT); ERR_ACCESS
 * where the state directory could be changed by others than root.
 */
enum err store_prepare(const char *state_directory, enum store_kind kind,
    const struct store_owner *owner, bool *changed_r, struct failure *failure);

/*
 * A transaction with a sticky error: statements after a failed one do nothing, the commit says
 * what went wrong first and rolls back. A lookup that finds nothing is no failure; a change that
 * was refused, or that found nothing to change, is one. Not nested.
 */
void store_begin(struct store *store);
/* One that only reads, and keeps nobody from writing: all that it reads is of one moment. */
void store_begin_reading(struct store *store);
enum err store_commit(struct store *store, struct failure *failure);
void store_roll_back(struct store *store);
/*
 * The last transaction that destroyed secrets (statement_destroys()) was kept, but could not clear
 * the log of them, since somebody was reading by it: the next such one, or the last program that
 * closes the database, does.
 */
bool store_keeps_traces(const struct store *store);

/* The error of the last failed call on this store, in words. Writes to *failure and returns it. */
enum err store_failure(const struct store *store, struct failure *failure);

/* Changes whenever another connection has changed the database (PRAGMA data_version). */
enum err store_data_version(struct store *store, int64_t *version_r);
