/* SPDX-License-Identifier: MIT */

/* What policyd counts. */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE usage ("
    "  user TEXT NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  messages INTEGER NOT NULL,"
    "  recipients INTEGER NOT NULL,"
    "  PRIMARY KEY (user, at_ms)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX usage_by_time ON usage (at_ms);",
};

const struct schema schema_limits = {1, steps, sizeof steps / sizeof *steps};
