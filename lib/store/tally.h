/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How much is in a database, so that people know which of two they look at: "2 domains, 7 users".
 * The thread of the store.
 */

#include "lib/store/store.h"

#define TALLY_MAX 3

struct tally {
    struct {
        const char *noun; /* "domains"; static */
        int64_t count;
    } items[TALLY_MAX];
    size_t count; /* 0 for kinds that people do not count in */
};

/* Reads the index of each table once. store_failure() has the sentence. */
enum err tally_take(struct store *store, enum store_kind kind, struct tally *tally_r);
