/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What mailctl prints on stdout: a table with aligned columns and a header on a terminal, tab-
 * separated lines without header in a pipe, and JSON with --json. Tabs, line breaks and controls
 * in a cell are written as \xHH, so that a line stays a line.
 */

#include <jansson.h>

#include "mailctl/invocation.h"

struct output_table;

/* headings: NULL-terminated, static. Lives in the invocation's arena. */
struct output_table *output_table_new(
    const struct invocation *invocation, const char *const *headings);
/* One more row, as many cells as headings; the texts must live until the table is printed. */
void output_table_add(struct output_table *table, const struct text *cells);
/* On a terminal this column stands last, since its long cells would push the others away. */
void output_table_put_last(struct output_table *table, size_t column);
/* Prints; where there is no row, nothing. */
void output_table_print(const struct output_table *table);

/* Prints the value and a line break, and releases it. */
void output_json(json_t *json);
/* A JSON string; bytes that are not UTF-8 become U+FFFD, since JSON holds no others. */
json_t *output_json_text(struct text text);

/* True where colours are wanted: terminal, no NO_COLOR, not a dumb terminal, or --color=always. */
bool output_is_colored(const struct invocation *invocation);
