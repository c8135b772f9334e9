/* SPDX-License-Identifier: MIT */

/* Password hashes. */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE credential ("
    "  address TEXT NOT NULL PRIMARY KEY,"
    "  hash TEXT NOT NULL CHECK (length(hash) BETWEEN 1 AND 1024),"
    "  changed INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;",
};

const struct schema schema_credentials = {1, steps, sizeof steps / sizeof *steps};
