/* SPDX-License-Identifier: MIT */
#include "lib/base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const err_words[ERR_COUNT] = {
    [ERR_NONE] = "no error",
    [ERR_ABSENT] = "no such entry",
    [ERR_EXISTS] = "exists already",
    [ERR_SYNTAX] = "malformed",
    [ERR_RANGE] = "out of range",
    [ERR_LIMIT] = "limit reached",
    [ERR_BUSY] = "locked or in use",
    [ERR_TIMEOUT] = "timed out",
    [ERR_IO] = "input/output error",
    [ERR_ACCESS] = "not permitted",
    [ERR_FOREIGN] = "not one of Gatepost's files",
    [ERR_NEWER] = "written by a newer version",
    [ERR_OLDER] = "written by an older version",
    [ERR_CORRUPT] = "damaged",
    [ERR_CRYPTO] = "cryptographic failure",
    [ERR_REFUSED] = "not allowed",
    [ERR_UNSUPPORTED] = "not supported",
};

const char *err_text(enum err err)
{
    assert((unsigned)err < ERR_COUNT);
    return err_words[err];
}

bool err_is_temporary(enum err err)
{
    return err == ERR_BUSY || err == ERR_TIMEOUT || err == ERR_IO || err == ERR_LIMIT;
}

/* What error.h tells the analyzer stands in the way of the definitions. */
#undef failure_set
#undef failure_set_errno

enum err failure_set(struct failure *failure, enum err err, const char *format, ...)
{
    if (failure != NULL) {
        va_list args;

        va_start(args, format);
        failure->err = err;
        vsnprintf(failure->text, sizeof failure->text, format, args);
        va_end(args);
    }
    return err;
}

enum err failure_set_errno(struct failure *failure, enum err err, const char *format, ...)
{
    int saved = errno;

    if (failure != NULL) {
        va_list args;
        size_t used;

        va_start(args, format);
        failure->err = err;
        vsnprintf(failure->text, sizeof failure->text, format, args);
        va_end(args);
        used = strlen(failure->text);
        snprintf(failure->text + used, sizeof failure->text - used, ": %s", strerror(saved));
    }
    errno = saved;
    return err;
}
