/* SPDX-License-Identifier: MIT */

/* Password hashes, passwords for one program each, and those that are shown to other hosts. */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE credential ("
    "  address TEXT NOT NULL PRIMARY KEY,"
    "  hash TEXT NOT NULL CHECK (length(hash) BETWEEN 1 AND 1024),"
    "  changed INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;",
    /* A number is given once, so that what the log says of one is never said of another. */
    "CREATE TABLE app_password ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  address TEXT NOT NULL CHECK (length(address) BETWEEN 3 AND 318),"
    "  label TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 100),"
    "  hash TEXT NOT NULL CHECK (length(hash) BETWEEN 1 AND 200),"
    "  protocols TEXT NOT NULL DEFAULT 'all' CHECK (length(protocols) BETWEEN 1 AND 100),"
    "  networks TEXT NOT NULL DEFAULT '' CHECK (length(networks) <= 2000),"
    "  expires INTEGER NOT NULL DEFAULT 0 CHECK (expires >= 0),"
    "  created INTEGER NOT NULL,"
    "  last_used INTEGER NOT NULL DEFAULT 0 CHECK (last_used >= 0),"
    "  UNIQUE (address, label)"
    ") STRICT;",
    /* Hosts that take what a sender sends elsewhere, and how to log in there. */
    "CREATE TABLE relayhost ("
    "  sender TEXT NOT NULL PRIMARY KEY CHECK (length(sender) BETWEEN 2 AND 318),"
    "  host TEXT NOT NULL CHECK (length(host) BETWEEN 1 AND 500),"
    "  login TEXT NOT NULL CHECK (length(login) <= 255),"
    "  password TEXT NOT NULL CHECK (length(password) <= 1024),"
    "  changed INTEGER NOT NULL,"
    "  CHECK ((login = '') = (password = ''))"
    ") STRICT, WITHOUT ROWID;",
};

const struct schema schema_credentials = {1, steps, sizeof steps / sizeof *steps};
