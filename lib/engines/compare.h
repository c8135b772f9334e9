/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Second opinions on a message that we have judged: each library is asked for its method, and
 * where it differs the table says why (difference.h). One arena, one thread.
 */

#include "lib/engines/difference.h"
#include "lib/mailauth/mailauth.h"

/* Rows of one message: signatures, SPF, DMARC. */
#define COMPARE_ROWS_MAX (SIGNATURES_MAX + 2)

struct compare_input {
    const struct mailauth_facts *facts;
    const struct mailauth_verdict *verdict; /* ours, by our own engines */
    const struct header_field *fields;
    size_t field_count;
    struct text body;
    struct answers *answers;
    struct arena *arena;
};

struct compare_row {
    const char *method, *library;
    struct text about; /* a domain; "DOMAIN:SELECTOR" of a signature */
    struct text ours, theirs;
    bool agrees;
    const struct difference *entry; /* NULL where they agree, or none explains it */
};

struct compare_rows {
    struct compare_row items[COMPARE_ROWS_MAX];
    size_t count;
};

/* For the libraries' own files: a row with its entry, looked up where the two do not agree. */
void compare_add(struct compare_rows *rows, const struct compare_row *row,
    const struct difference *table, const void *input);
/* True where both results begin with the same word. */
bool compare_same_word(struct text ours, struct text theirs);
