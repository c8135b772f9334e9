/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The log: syslog facility mail, or stderr. Programs log, lib/ does so at debug level at most.
 * One call is one line; bytes that could forge a line or move a terminal (controls, DEL, and
 * what is not UTF-8) are written as \xHH. Lines over LOG_LINE_MAX bytes are cut.
 *
 * A session carries a log context: what stands at the front of each of its lines, in Postfix's
 * manner ("4bXyz12: client=..."), so that one grep finds a message's whole story. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#define LOG_LINE_MAX 2048
#define LOG_CONTEXT_MAX 128

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_target { LOG_TO_SYSLOG, LOG_TO_STDERR, LOG_TO_NOWHERE };

struct log_context {
    char queue_id[LOG_CONTEXT_MAX]; /* empty until it is known: "NOQUEUE" is written then */
};

/* program is kept, not copied. May be called again to change the target. */
void log_open(const char *program, enum log_target target);
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);

/* context may be NULL: a line that belongs to no message. */
void log_write(enum log_level level, const struct log_context *context, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(context, ...) log_write(LOG_LEVEL_ERROR, (context), __VA_ARGS__)
#define log_warning(context, ...) log_write(LOG_LEVEL_WARNING, (context), __VA_ARGS__)
#define log_info(context, ...) log_write(LOG_LEVEL_INFO, (context), __VA_ARGS__)
#define log_debug(context, ...)                                                                    \
    (log_wants(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, (context), __VA_ARGS__) : (void)0)

/*
 * Writes text to safe_r with unsafe bytes as \xHH, cut at size - 1 bytes, NUL-terminated: for
 * pieces from outside that go into a log line or an error message. Returns safe_r.
 */
char *log_safe(const char *bytes, size_t len, char *safe_r, size_t size);

/*
 * The same for one value of a line of "name=value" and "name=<value>" parted by blanks: a blank or
 * an angle bracket in it would end it and could forge the next, and is written as "?". Returns
 * word_r.
 */
char *log_word(const char *bytes, size_t len, char *word_r, size_t size);
