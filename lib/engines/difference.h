/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a library and we differ, and why we think ourselves right: one table for each, which
 * "mailctl verify --compare" shows and the tests hold both sides against. An entry is a predicate
 * on the input, both results, and the section of the standard that we follow. There is no entry
 * that catches all: a difference without one is a bug of somebody's, and is told as such.
 *
 * Results are texts: a word, then what it is about. Pure functions; any thread.
 */

#include <stddef.h>

#include "lib/base/text.h"

struct difference {
    const char *name;                   /* in a few words */
    const char *section;                /* "RFC 6376 §3.5" */
    const char *why;                    /* a sentence for people */
    const char *ours, *theirs;          /* patterns (pattern.h) of the whole results */
    bool (*applies)(const void *input); /* the struct of the table's own header */
};

/* A table, ended by a row without a name. */
const struct difference *difference_explain(
    const struct difference *table, const void *input, struct text ours, struct text theirs);
