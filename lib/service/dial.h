/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Connecting to a unix socket without waiting for ever: a server that hangs takes no connections,
 * and once those that wait for it fill its backlog, connect() blocks. Any thread.
 */

#include <stdint.h>

/*
 * A connected stream, close-on-exec, whose send() is bounded too; -1 and errno otherwise: ETIMEDOUT
 * where it was not taken before the deadline (clock_monotonic_ms()), ENAMETOOLONG for a path that
 * no socket can have.
 */
int dial_unix(const char *path, int64_t deadline_ms);
