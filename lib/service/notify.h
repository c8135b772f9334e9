/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Telling systemd about our state (sd_notify(3)): datagrams to the socket in $NOTIFY_SOCKET.
 * Without that variable nothing happens; a message that cannot be sent is lost, as is usual
 * there. Main thread.
 */

#include <stdint.h>

void notify_ready(const char *status);
void notify_reloading(void);
/* within_ms: how long the end may take at the most, which systemd then waits for. */
void notify_stopping(const char *status, int64_t within_ms);
void notify_watchdog(void);
/* How often notify_watchdog() has to be called, in microseconds; 0: never. */
uint64_t notify_watchdog_us(void);
