/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What can go wrong, said once for the whole house.
 *
 * Functions of lib/ return an enum err and never log above debug level; the caller decides, logs
 * once and acts. Where the enum alone would leave the administrator guessing, a function also
 * fills a struct failure with a sentence that names the file, the value and what was expected.
 * Assertions are for our own bugs, these codes for the world's.
 *
 * A lookup has three outcomes, never merged: ERR_NONE (found), ERR_ABSENT, and any other code,
 * which is a failure and becomes a temporary error towards Postfix and Dovecot.
 */

#include <stdbool.h>
#include <stddef.h>

enum err {
    ERR_NONE = 0,    /* it worked; for a lookup: found */
    ERR_ABSENT,      /* there is no such thing */
    ERR_EXISTS,      /* there is one already */
    ERR_SYNTAX,      /* not of the form that was expected */
    ERR_RANGE,       /* of the form, but outside the permitted range */
    ERR_LIMIT,       /* one of our bounds was reached */
    ERR_BUSY,        /* locked or in use by somebody else; may work later */
    ERR_TIMEOUT,     /* no answer in time; may work later */
    ERR_IO,          /* the system refused: file, socket, disk */
    ERR_ACCESS,      /* not permitted for this user */
    ERR_FOREIGN,     /* a file that is not ours */
    ERR_NEWER,       /* written by a newer version than this program can read */
    ERR_OLDER,       /* needs "mailctl upgrade" first */
    ERR_CORRUPT,     /* ours, but damaged */
    ERR_CRYPTO,      /* the cryptographic library refused */
    ERR_REFUSED,     /* right in form, but not allowed by a rule */
    ERR_UNSUPPORTED, /* a form that we know of and do not serve */
    ERR_COUNT
};

/* The words for a code, lower case, without a full stop: "no such entry". Never NULL. */
const char *err_text(enum err err);

/* True for failures that may go away by themselves: answer them with a 4xx. */
bool err_is_temporary(enum err err);

#define FAILURE_TEXT_MAX 512

/* A code and the sentence that explains it. Caller-owned, plain memory, nothing to free. */
struct failure {
    enum err err;
    char text[FAILURE_TEXT_MAX];
};

/*
 * Fills *failure (NULL is fine) and returns err, so that a function can end with
 * "return failure_set(...)". Text over FAILURE_TEXT_MAX - 1 bytes is cut.
 */
enum err failure_set(struct failure *failure, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, ending in ": " and strerror(errno); keeps errno. */
enum err failure_set_errno(struct failure *failure, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __clang_analyzer__
/* The analyzer reads one file at a time and would not know what comes back. */
#define failure_set(failure, err, ...) (failure_set(failure, err, __VA_ARGS__), (err))
#define failure_set_errno(failure, err, ...) (failure_set_errno(failure, err, __VA_ARGS__), (err))
#endif
