/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One request of the login protocol: a line, parsed. Pure functions, any thread. The texts point
 * into the line, which is altered (values are unescaped in place, so that a password is in
 * memory once); wipe the line when the request has been dealt with.
 */

#include <stdint.h>

#include "lib/service/login-field.h"

/* Longer passwords are nobody's: they are answered "mismatch" without being hashed. */
#define LOGIN_PASSWORD_MAX 1024
/* What is kept of fields that go into the log alone. */
#define LOGIN_NOTE_MAX 128

enum login_verb { LOGIN_VERIFY, LOGIN_LOOKUP, LOGIN_LIST };

struct login_request {
    uint32_t id;
    enum login_verb verb;
    struct text user;
    struct text password;
    /* For the log; empty where the client does not say. */
    struct text service, remote, session;
    struct text real_remote; /* who spoke to Dovecot, where remote was forwarded */
};

/* True for the first line of a client that speaks our version. line: without its LF. */
bool login_request_is_greeting(struct text line);
/*
 * Parses a line without its LF. False where it is none of the protocol; *problem_r says why, in a
 * static string, and *request_r is untouched.
 */
bool login_request_parse(
    char *line, size_t len, struct login_request *request_r, const char **problem_r);
