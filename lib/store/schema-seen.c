/* SPDX-License-Identifier: MIT */

/*
 * What DMARC reports are made of: one row for each message. Columns bear the names of RFC 9990's
 * elements and hold their words, so that the records of a report are one query:
 *
 *     SELECT (what is published), (what was found), count(*) FROM seen
 *     WHERE at >= $begin AND at < $end GROUP BY (all of these)
 *
 * The texts repeat from row to row. Tables of their own for policies and signatures would save
 * room, and cost each message several statements and each expiry a search for what is left over.
 */

#include "lib/store/schema.h"

static const char *const steps[] = {
    "CREATE TABLE seen ("
    "  id INTEGER PRIMARY KEY,"
    "  at INTEGER NOT NULL,"
    "  queue_id TEXT NOT NULL,"
    "  source_ip TEXT NOT NULL,"
    "  header_from TEXT NOT NULL,"
    "  envelope_from TEXT NOT NULL," /* empty: the null sender */
    "  envelope_to TEXT NOT NULL,"   /* empty: recipients of several domains */
    "  domain TEXT NOT NULL,"        /* from here on: policy_published */
    "  organizational_domain TEXT NOT NULL,"
    "  discovery_method TEXT NOT NULL,"
    "  p TEXT NOT NULL,"
    "  sp TEXT NOT NULL,"
    "  np TEXT NOT NULL,"
    "  fo TEXT NOT NULL,"
    "  adkim TEXT NOT NULL,"
    "  aspf TEXT NOT NULL,"
    "  testing TEXT NOT NULL,"
    "  rua TEXT NOT NULL,"
    "  disposition TEXT NOT NULL,"  /* policy_evaluated */
    "  dkim_aligned TEXT NOT NULL," /* "pass" or "fail" */
    "  spf_aligned TEXT NOT NULL,"
    "  reason TEXT NOT NULL," /* the override's type; empty: none */
    "  comment TEXT NOT NULL,"
    "  spf_domain TEXT NOT NULL," /* auth_results */
    "  spf_scope TEXT NOT NULL,"
    "  spf_result TEXT NOT NULL,"
    "  spf_human_result TEXT NOT NULL,"
    "  dkim TEXT NOT NULL" /* a line for each signature; see seen.h */
    ") STRICT;"
    "CREATE INDEX seen_by_time ON seen (at);",
};

const struct schema schema_seen = {1, steps, sizeof steps / sizeof *steps};
