/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The schemas, one file per database: schema-directory.c and so on. A schema is a list of steps,
 * each some SQL that is never changed once it is out; to alter a database, add a step at the end.
 * Within a major version steps only add (tables, indexes, columns with a default, values that a
 * column may have), so that programs of that version can go on with a database that is ahead of
 * them.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/store/store.h"

struct schema {
    int64_t major;
    const char *const *steps;
    size_t step_count;
};

#define SCHEMA_STEPS_MAX 1000

extern const struct schema schema_directory, schema_credentials, schema_keys, schema_limits,
    schema_seen, schema_srs, schema_guard;

const struct schema *schema_of(enum store_kind kind);
/* major * SCHEMA_STEPS_MAX + steps: what a database of today has as its version. */
int64_t schema_version(const struct schema *schema);
/* ERR_NONE also where it is ahead by additions only; else ERR_OLDER or ERR_NEWER. */
enum err schema_compare(const struct schema *schema, int64_t version);
