/* SPDX-License-Identifier: MIT */

/* Domains, users without their secrets, aliases. */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE domain ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 253),"
    "  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),"
    "  created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE mail_user ("
    "  id INTEGER PRIMARY KEY,"
    "  domain_id INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,"
    "  local_part TEXT NOT NULL CHECK (length(local_part) BETWEEN 1 AND 64),"
    "  display_name TEXT NOT NULL DEFAULT '',"
    "  quota_bytes INTEGER NOT NULL DEFAULT 0 CHECK (quota_bytes >= 0),"
    "  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),"
    "  created INTEGER NOT NULL,"
    "  UNIQUE (domain_id, local_part)"
    ") STRICT;"
    /* An empty local part is the catch-all. */
    "CREATE TABLE alias ("
    "  id INTEGER PRIMARY KEY,"
    "  domain_id INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,"
    "  local_part TEXT NOT NULL CHECK (length(local_part) <= 64),"
    "  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),"
    "  created INTEGER NOT NULL,"
    "  UNIQUE (domain_id, local_part)"
    ") STRICT;"
    "CREATE TABLE alias_target ("
    "  alias_id INTEGER NOT NULL REFERENCES alias (id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  target TEXT NOT NULL CHECK (length(target) BETWEEN 3 AND 318),"
    "  PRIMARY KEY (alias_id, position),"
    "  UNIQUE (alias_id, target)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX alias_target_by_target ON alias_target (target);",
    /* What a user may send as beside what is the user's own: "local@domain" or "@domain". */
    "CREATE TABLE send_as ("
    "  user_id INTEGER NOT NULL REFERENCES mail_user (id) ON DELETE CASCADE,"
    "  address TEXT NOT NULL CHECK (length(address) BETWEEN 2 AND 318),"
    "  on_behalf INTEGER NOT NULL DEFAULT 0 CHECK (on_behalf IN (0, 1)),"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (user_id, address)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX send_as_by_address ON send_as (address);",
    /* What becomes of mail that fails DMARC, whatever its owner asks for. */
    "CREATE TABLE dmarc_override ("
    "  domain TEXT NOT NULL PRIMARY KEY CHECK (length(domain) BETWEEN 1 AND 253),"
    "  action TEXT NOT NULL CHECK (action IN ('accept', 'quarantine', 'reject')),"
    "  created INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE trusted_forwarder ("
    "  kind TEXT NOT NULL CHECK (kind IN ('client', 'signer', 'sender')),"
    "  value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 253),"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (kind, value)"
    ") STRICT, WITHOUT ROWID;",
    /* Sealers (ARC) as a further kind. */
    "ALTER TABLE trusted_forwarder RENAME TO former_forwarder;"
    "CREATE TABLE trusted_forwarder ("
    "  kind TEXT NOT NULL CHECK (kind IN ('client', 'signer', 'sender', 'sealer')),"
    "  value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 253),"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (kind, value)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO trusted_forwarder SELECT kind, value, created FROM former_forwarder;"
    "DROP TABLE former_forwarder;",
};

const struct schema schema_directory = {1, steps, sizeof steps / sizeof *steps};
