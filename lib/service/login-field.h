/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Fields of the login protocol (gatepost-login(7)): pieces of a line, parted by TAB, "name=value"
 * but for the first two. In a value the bytes TAB, LF, CR, NUL and backslash are written \t, \n,
 * \r, \0 and \\, so that any name and any password fits into a line. Pure functions, any thread;
 * authd and its clients share them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/text.h"

#define LOGIN_PROTOCOL "gatepost-login"
#define LOGIN_VERSION "1"

/* A request or an answer with its LF. */
#define LOGIN_LINE_MAX 16384

/* What escaping len bytes gives at the most. */
#define LOGIN_ESCAPED_MAX(len) ((len)*2)

/* Writes at most LOGIN_ESCAPED_MAX(value.len) bytes and returns their number. */
size_t login_field_escape(struct text value, char *escaped_r);
/*
 * The way back, in place: the value is never longer than its escaped form. False for another
 * escape than the five, and for a bare CR or NUL; bytes may have been altered then.
 */
bool login_field_unescape(char *bytes, size_t *len);
/* Parts "name=value" at the first "="; false where there is none or no name. */
bool login_field_part(struct text field, struct text *name_r, struct text *value_r);
