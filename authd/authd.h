/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * gatepost-authd: who exists, and is the password right.
 *
 * The life of a login. Dovecot's worker (by gatepost.lua, over a kept connection) or a
 * gatepost-checkpassword sends a line with name and password (login-session.h). The name is folded
 * and looked up in the directory (directory.h). Who seems to guess is answered "temporary" at once
 * (sentry.h); else name and hash go into a queue of the pool (pool.h), or, where that is full or
 * the network has its share of it, "temporary" goes back at once. A thread computes the hash, for
 * an unknown user as well; the loop is told, writes the log line and the answer, and stores a new
 * hash where the old one was made with other parameters (verify.h).
 *
 * The life of a lookup. Postfix sends a table's name and a key (socketmap-session.h); the table
 * (table.h) asks the directory, and the answer goes back in the same turn of the loop.
 *
 * The life of a policy request. Dovecot asks by HTTP before a login, and reports after it
 * (policy-session.h); what the guard has counted says how long the login waits (policy.h).
 *
 * One thread, the loop, owns sockets and databases; the pool's threads see nothing but a password
 * and a hash. Found, absent and failed are three answers everywhere: a database that cannot be
 * read is a temporary failure, never a wrong password and never an unknown address.
 */

#include "lib/service/service.h"

extern const struct service_program authd_program;
