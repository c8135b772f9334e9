/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A DNS of canned records, for tests and fuzz targets: what the engine notes as missing is
 * answered from here, wave by wave. Everything lives in the arena given.
 */

#include "lib/dns/answers.h"

struct canned;

struct canned *canned_new(struct arena *arena);
/*
 * type is "A", "AAAA", "MX" ("10 host"), "TXT", "PTR", "CNAME", or "TIMEOUT": then every type that
 * the name has no records of fails. "NAME": the name exists and has nothing. The texts are copied.
 * False, and nothing is added, for data that the type cannot hold.
 */
bool canned_add(struct canned *canned, struct text name, struct text type, struct text data);
/* Adds "NAME TYPE DATA" lines up to one that is "." and takes them off *rest: for fuzz targets. */
void canned_add_lines(struct canned *canned, struct text *rest);
void canned_clear(struct canned *canned);

/* Answers all that is missing; returns how many questions that were. */
size_t canned_answer_wave(struct canned *canned, struct answers *answers);

/* One record in a test's table; name NULL ends the table. A bad one ends the test. */
struct canned_record {
    const char *name, *type, *data;
};
void canned_add_table(struct canned *canned, const struct canned_record *records);
