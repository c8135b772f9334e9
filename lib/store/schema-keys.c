/* SPDX-License-Identifier: MIT */

/* DKIM private keys. */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE dkim_key ("
    "  domain TEXT NOT NULL,"
    "  selector TEXT NOT NULL,"
    "  algorithm TEXT NOT NULL,"
    "  bits INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  record TEXT NOT NULL,"
    "  pem TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (domain, selector)"
    ") STRICT;",
    /* When the state was changed last; 0: never since the key was made. */
    "ALTER TABLE dkim_key ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;",
    /* What rotation goes by (dkim-key.h), with the states published, revoked and gone; domains
     * whose keys stand in another zone (dkim-delegation.h). */
    "ALTER TABLE dkim_key ADD COLUMN replaces TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE dkim_key ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE dkim_key ADD COLUMN ttl INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE dkim_delegation ("
    "  domain TEXT NOT NULL PRIMARY KEY,"
    "  zone TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;",
    /* Times that lay ahead of the clock (dkim-key.h). */
    "ALTER TABLE dkim_key ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;",
};

const struct schema schema_keys = {1, steps, sizeof steps / sizeof *steps};
