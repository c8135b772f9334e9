/* SPDX-License-Identifier: MIT */

/* What SRS addresses are signed with. */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE srs_secret ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  secret TEXT NOT NULL CHECK (length(CAST(secret AS BLOB)) BETWEEN 8 AND 1024),"
    "  created INTEGER NOT NULL"
    ") STRICT;",
};

const struct schema schema_srs = {1, steps, sizeof steps / sizeof *steps};
