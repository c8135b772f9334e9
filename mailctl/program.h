/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Running another program to its end: postconf, postmap, doveconf and their like. No shell; a
 * plain PATH and the C locale, so that what they print can be read; nothing on standard input but
 * what is fed; a deadline, at which the program and what it started are killed. Main thread.
 *
 * For that each program is a process group of its own, which outlives a caller that is killed
 * itself. Who may be killed shares his group with his programs: see program_share_group().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

/* Standard output and standard error each; more is read and forgotten. */
#define PROGRAM_OUTPUT_MAX ((size_t)8 * 1024 * 1024)

struct program_result {
    int status;         /* the exit status; 128 and the signal where it was killed */
    struct text output; /* NUL behind it, in the arena */
    struct text errors;
};

/*
 * argv ends with NULL; argv[0] is looked for in PATH. ERR_NONE: it ran and ended, whatever its
 * status. ERR_ABSENT: there is no such program; ERR_TIMEOUT: it was killed at the deadline.
 */
enum err program_run(const char *const *argv, int64_t timeout_ms, struct arena *arena,
    struct program_result *result_r, struct failure *failure);
/* The same, with that on standard input. */
enum err program_feed(const char *const *argv, struct text input, int64_t timeout_ms,
    struct arena *arena, struct program_result *result_r, struct failure *failure);
/* program_run(), and any status but 0 is ERR_REFUSED, with the last line that it printed as reason.
 */
enum err program_succeed(const char *const *argv, int64_t timeout_ms, struct arena *arena,
    struct text *output_r, struct failure *failure);
/*
 * From now on programs stay in the group of this process, and whoever ends that group ends them and
 * all that they started. At their own deadline the programs alone are killed.
 */
void program_share_group(void);
/* Whether there is such a program. */
bool program_exists(const char *name);
