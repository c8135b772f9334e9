/* SPDX-License-Identifier: MIT */
#include "lib/store/schema.h"

#include <assert.h>

const struct schema *schema_of(enum store_kind kind)
{
    static const struct schema *const schemas[STORE_KIND_COUNT] = {
        [STORE_DIRECTORY] = &schema_directory,
        [STORE_CREDENTIALS] = &schema_credentials,
        [STORE_KEYS] = &schema_keys,
        [STORE_LIMITS] = &schema_limits,
        [STORE_SEEN] = &schema_seen,
        [STORE_SRS] = &schema_srs,
        [STORE_GUARD] = &schema_guard,
    };

    assert((unsigned)kind < STORE_KIND_COUNT);
    return schemas[kind];
}

int64_t schema_version(const struct schema *schema)
{
    assert(schema->step_count < SCHEMA_STEPS_MAX);
    return schema->major * SCHEMA_STEPS_MAX + (int64_t)schema->step_count;
}

enum err schema_compare(const struct schema *schema, int64_t version)
{
    if (version / SCHEMA_STEPS_MAX > schema->major)
        return ERR_NEWER;
    return version < schema_version(schema) ? ERR_OLDER : ERR_NONE;
}
