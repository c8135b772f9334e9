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
};

const struct schema schema_keys = {1, steps, sizeof steps / sizeof *steps};
