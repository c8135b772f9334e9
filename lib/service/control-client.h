/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asking a running daemon over its control socket (see control.h): what mailctl does. Blocks
 * until the answer is there or the time is up.
 */

#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/*
 * Sends the request, one line without its end, to the daemon's control socket ("policyd") and
 * appends the answer's text, without its "OK", to *answer. ERR_ABSENT: the daemon does not run;
 * ERR_REFUSED: it answered "ERROR", the failure has the reason; ERR_TIMEOUT, ERR_ACCESS, ERR_IO.
 */
enum err control_ask(const char *run_directory, const char *daemon, const char *request,
    int64_t timeout_ms, struct buffer *answer, struct failure *failure);
