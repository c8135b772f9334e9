/* SPDX-License-Identifier: MIT */

/*
 * What authd remembers of logins: from where each account was used, and what the guard against
 * guessers has counted of the last day. No password is in it: a mark is a few bits of a keyed hash.
 */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE known_network ("
    "  address TEXT NOT NULL,"
    "  network TEXT NOT NULL," /* "192.0.2.0/24" */
    "  first INTEGER NOT NULL,"
    "  last INTEGER NOT NULL,"
    "  service TEXT NOT NULL,"
    "  app_password INTEGER NOT NULL," /* its number; 0: the account's password */
    "  PRIMARY KEY (address, network)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX known_network_by_time ON known_network (last);"
    /* What a count is about: an account, a network, or one from the other; else empty. */
    "CREATE TABLE guess ("
    "  count TEXT NOT NULL," /* the word of the guard's: "account", "accounts", ... */
    "  account TEXT NOT NULL,"
    "  network TEXT NOT NULL,"
    "  mark INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  PRIMARY KEY (count, account, network, mark)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX guess_by_time ON guess (at);"
    /* What marks are made with; another key makes those that are there mean nothing. */
    "CREATE TABLE guess_key ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  key TEXT NOT NULL CHECK (length(key) = 32)" /* in hexadecimal */
    ") STRICT;",
};

const struct schema schema_guard = {1, steps, sizeof steps / sizeof *steps};
