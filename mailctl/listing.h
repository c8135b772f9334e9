/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How things of one kind are shown: a table for people, JSON with --json. Lists are arrays in
 * JSON, a single thing is an object; for people both are tables, or "field, value" rows.
 */

#include <jansson.h>

#include "mailctl/invocation.h"

#define LISTING_COLUMNS_MAX 8

struct listing {
    const char *const *headings; /* NULL-terminated, at most LISTING_COLUMNS_MAX */
    size_t item_size;
    /* As many cells as headings. */
    void (*to_cells)(const struct invocation *invocation, const void *item, struct text *cells);
    json_t *(*to_json)(const struct invocation *invocation, const void *item);
};

void listing_print(const struct invocation *invocation, const struct listing *listing,
    const void *items, size_t count);
void listing_print_one(
    const struct invocation *invocation, const struct listing *listing, const void *item);

/* "field, value" for people, a value for each name (NULL-terminated); the JSON is taken over. */
void listing_print_fields(const struct invocation *invocation, const char *const *names,
    const struct text *values, json_t *json);
