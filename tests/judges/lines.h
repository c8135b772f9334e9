/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Requests and answers between the scripts that judge our engine and the small programs that run
 * it: one a line, tab between fields, what is not printable and the backslash as \xHH. One thread.
 */

#include <stdio.h>

#include "lib/base/text.h"

#define LINES_FIELDS_MAX 32

struct lines {
    FILE *file;
    char *line;
    size_t room;
    struct text fields[LINES_FIELDS_MAX]; /* point into line, good until the next call */
    size_t count;
};

void lines_init(struct lines *lines, FILE *file);
void lines_done(struct lines *lines);
/* Reads the next line into fields. False at the end of the file. */
bool lines_next(struct lines *lines);
/* True where the line's first word is that one, with that many fields in all. */
bool lines_is(const struct lines *lines, const char *word, size_t count);
/* A line that nobody understands ends the program, with a word to whoever reads TAP. */
void lines_bail_out(const struct lines *lines) __attribute__((noreturn));

/* Writes one field to standard output, and then the byte: a tab or the end of the line. */
void lines_write(struct text field, char end);
