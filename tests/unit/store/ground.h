/* SPDX-License-Identifier: MIT */
#pragma once

/* A state directory of its own for each test, and what tests do to databases from outside. */

#include "lib/store/store.h"
#include "tests/unit/unit.h"

struct ground {
    char directory[64];
    struct arena *arena;
    struct store *store; /* what ground_open() opened */
};

/* For cmocka's setup and teardown: *state becomes a struct ground with all databases in it. */
int ground_make(void **state);
/* The same without any database. */
int ground_make_bare(void **state);
int ground_remove(void **state);

/* Opens for writing; asserts that it works. */
struct store *ground_open(struct ground *ground, enum store_kind kind);
/* "directory/directory.db" and what is in other folders, as a path. */
const char *ground_path(const struct ground *ground, const char *name, char path_r[128]);
/* Runs SQL on a file from outside, as another program would. */
void ground_run(const struct ground *ground, const char *name, const char *sql);
/* Puts the database back to its first steps, without rows. */
void ground_age(const struct ground *ground, enum store_kind kind, size_t steps);
/* The one number that a query gives. */
int64_t ground_ask(const struct ground *ground, const char *name, const char *sql);
void ground_write_file(const struct ground *ground, const char *name, const char *content);
/* The words of the store's last failure hold this piece. */
void assert_failure_says(const struct store *store, enum err err, const char *piece);
