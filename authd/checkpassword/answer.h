/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The answer to gatepost-checkpassword: parsed from the login protocol, and rendered as Dovecot
 * 2.3 reads it from a checkpassword program. Pure functions; nothing is allocated.
 */

#include <stdint.h>

#include "authd/checkpassword/ask.h"

/* What the program exits with, as Dovecot 2.3 understands it. */
enum answer_exit {
    ANSWER_RIGHT = 0,
    ANSWER_WRONG = 1,
    ANSWER_FOUND = 2,
    ANSWER_UNKNOWN = 3,
    ANSWER_TEMPORARY = 111
};

enum answer_status {
    ANSWER_IS_OK,
    ANSWER_IS_MISMATCH, /* disabled too: Dovecot has no word for it here */
    ANSWER_IS_UNKNOWN,
    ANSWER_IS_TEMPORARY
};

struct answer {
    enum answer_status status;
    struct text user, home, uid, gid, quota_bytes; /* ANSWER_IS_OK: all there */
    struct text reason;                            /* ANSWER_IS_TEMPORARY; may be empty */
};

/* Room for what answer_format() writes. */
#define ANSWER_TEXT_MAX (2 * LOGIN_LINE_MAX + 256)

/*
 * Parses the lines that authd sent: its greeting, then the answer to request 1. Values are
 * unescaped in place. False where that is not what stands there.
 */
bool answer_parse(char *lines, size_t len, struct answer *answer_r);
/* Length of greeting and answer at the front of lines; 0 where they are not whole yet. */
size_t answer_whole(struct text lines);
enum answer_exit answer_exit_of(const struct answer *answer, enum ask_kind kind);
/* "user=...\tuserdb_home=...\t...": what goes to descriptor 4. Returns the length. */
size_t answer_format(const struct answer *answer, char text_r[ANSWER_TEXT_MAX]);
