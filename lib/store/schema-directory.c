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
    /* Kinds of domains and what each has of its own; users' protocols and forwards; aliases that
     * end, or that only receive. */
    "ALTER TABLE domain ADD COLUMN kind TEXT NOT NULL DEFAULT 'mailbox'"
    "  CHECK (kind IN ('mailbox', 'alias', 'relay'));"
    "ALTER TABLE domain ADD COLUMN alias_of INTEGER REFERENCES domain (id)"
    "  CHECK ((kind = 'alias') = (alias_of IS NOT NULL));"
    "CREATE INDEX domain_by_alias_of ON domain (alias_of) WHERE alias_of IS NOT NULL;"
    "ALTER TABLE domain ADD COLUMN signs INTEGER NOT NULL DEFAULT 1 CHECK (signs IN (0, 1));"
    "ALTER TABLE domain ADD COLUMN spf_includes TEXT NOT NULL DEFAULT ''"
    "  CHECK (length(spf_includes) <= 2600);"
    "ALTER TABLE domain ADD COLUMN report_address TEXT NOT NULL DEFAULT ''"
    "  CHECK (length(report_address) <= 318);"
    "ALTER TABLE domain ADD COLUMN default_quota_bytes INTEGER NOT NULL DEFAULT 0"
    "  CHECK (default_quota_bytes >= 0);"
    "ALTER TABLE mail_user ADD COLUMN inherits_quota INTEGER NOT NULL DEFAULT 0"
    "  CHECK (inherits_quota IN (0, 1));"
    "ALTER TABLE mail_user ADD COLUMN protocols TEXT NOT NULL DEFAULT 'all'"
    "  CHECK (length(protocols) BETWEEN 1 AND 100);"
    "ALTER TABLE mail_user ADD COLUMN needs_app_password INTEGER NOT NULL DEFAULT 0"
    "  CHECK (needs_app_password IN (0, 1));"
    "CREATE INDEX mail_user_by_local_part ON mail_user (local_part);"
    "CREATE TABLE forward ("
    "  user_id INTEGER NOT NULL PRIMARY KEY REFERENCES mail_user (id) ON DELETE CASCADE,"
    "  keeps_copy INTEGER NOT NULL CHECK (keeps_copy IN (0, 1))"
    ") STRICT;"
    "CREATE TABLE forward_target ("
    "  user_id INTEGER NOT NULL REFERENCES forward (user_id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  target TEXT NOT NULL CHECK (length(target) BETWEEN 3 AND 318),"
    "  PRIMARY KEY (user_id, position),"
    "  UNIQUE (user_id, target)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX forward_target_by_target ON forward_target (target);"
    "ALTER TABLE alias ADD COLUMN expires INTEGER NOT NULL DEFAULT 0 CHECK (expires >= 0);"
    "ALTER TABLE alias ADD COLUMN receive_only INTEGER NOT NULL DEFAULT 0"
    "  CHECK (receive_only IN (0, 1));",
    /* What the DNS of a domain is to look like: options of "mailctl dns", as they were given. */
    "CREATE TABLE dns_option ("
    "  domain_id INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 32),"
    "  position INTEGER NOT NULL,"
    "  value TEXT NOT NULL CHECK (length(value) <= 4096),"
    "  PRIMARY KEY (domain_id, name, position)"
    ") STRICT, WITHOUT ROWID;",
    /* The records that "mailctl dns push" has put into a zone, and may take out again. */
    "CREATE TABLE dns_made ("
    "  domain_id INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,"
    "  owner TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 253),"
    "  type TEXT NOT NULL CHECK (length(type) BETWEEN 1 AND 16),"
    "  data TEXT NOT NULL,"
    "  PRIMARY KEY (domain_id, owner, type, data)"
    ") STRICT, WITHOUT ROWID;",
    /* Whether anything leads to an address, however its target is written. */
    ("CREATE INDEX alias_target_in_any_case ON alias_target (target COLLATE NOCASE);"
     "CREATE INDEX forward_target_in_any_case ON forward_target (target COLLATE NOCASE);"),
    /* Who there is in a domain whose mail is passed on. */
    "CREATE TABLE relay_recipient ("
    "  domain_id INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,"
    "  local_part TEXT NOT NULL CHECK (length(local_part) BETWEEN 1 AND 64),"
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (domain_id, local_part)"
    ") STRICT, WITHOUT ROWID;",
    /* Where the mail of a domain goes on to. */
    "ALTER TABLE domain ADD COLUMN transport TEXT NOT NULL DEFAULT ''"
    "  CHECK (length(transport) <= 500);",
};

const struct schema schema_directory = {1, steps, sizeof steps / sizeof *steps};
