/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SIGHUP, SIGTERM and SIGINT as events of the main loop. The main thread alone takes them, and
 * only while it runs the loop: all threads that are started before, or between signals_hold() and
 * signals_release(), have them blocked. (The kernel gives a signal to the main thread first, so a
 * library's thread that waits for signals does not get these.)
 *
 * One per process. Main thread only.
 */

#include <event2/event.h>

struct signals;

typedef void signals_fn(void *context, int signal);

/* Blocks the signals, ignores SIGPIPE, and sets the handlers. NULL where the system refuses. */
struct signals *signals_new(struct event_base *base, signals_fn *on_signal, void *context);
/* Lets them in; keeps them out again, for as long as threads may be started. */
void signals_release(void);
void signals_hold(void);
/* Ends with the signals held: what comes now is lost with the process. */
void signals_free(struct signals **signals);
