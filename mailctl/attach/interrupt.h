/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SIGINT, SIGTERM and SIGHUP while something must not be left half done. Between interrupt_begin()
 * and interrupt_end() one that comes is noted, told on stderr, and nothing else: whoever waits does
 * it by interrupt_wait(), which fails then, and so the caller's own way of putting things back is
 * taken. One that was ignored before stays so (nohup). Programs that are started do not inherit
 * any of it. Main thread.
 */

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

void interrupt_begin(void);
/* Signals have their usual effect again. */
void interrupt_end(void);
/* Whether one came since interrupt_begin(). */
bool interrupt_came(void);
/*
 * Waits until one of the descriptors is ready, ERR_NONE, or the deadline of the monotonic clock has
 * come, ERR_TIMEOUT, whatever is ready then. ERR_REFUSED: a signal came, now or before.
 */
enum err interrupt_wait(
    struct pollfd *wanted, nfds_t count, int64_t deadline_ms, struct failure *failure);
/* Without descriptors: goes by at most so long, less where a signal comes. */
void interrupt_pause(int64_t ms);
