/* SPDX-License-Identifier: MIT */
#pragma once

/* What is logged between two points of a test. One at a time; afterwards nothing is logged. */

#include "lib/base/log.h"
#include "tests/unit/unit.h"

struct logged {
    FILE *file;
    int stderr_fd; /* a copy of the real one */
};

static inline struct logged logged_begin(void)
{
    struct logged logged = {tmpfile(), dup(STDERR_FILENO)};

    assert_non_null(logged.file);
    assert_true(dup2(fileno(logged.file), STDERR_FILENO) >= 0);
    log_open("test", LOG_TO_STDERR);
    return logged;
}

/* All of it, cut at size - 1 bytes. */
static inline void logged_end(struct logged *logged, char *text_r, size_t size)
{
    size_t len;

    log_open("test", LOG_TO_NOWHERE);
    assert_true(dup2(logged->stderr_fd, STDERR_FILENO) >= 0);
    close(logged->stderr_fd);
    rewind(logged->file);
    len = fread(text_r, 1, size - 1, logged->file);
    text_r[len] = '\0';
    fclose(logged->file);
}
