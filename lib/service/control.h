/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The control socket of a daemon, RUN_DIRECTORY/NAME.control: how mailctl and administrators talk
 * to it while it runs.
 *
 * The life of a request. A client connects, sends one line, "WORD ARGUMENTS", and reads to the
 * end: the first line of the answer is "OK" or "ERROR reason", then lines of text. One request a
 * connection, CONTROL_CONNECTIONS_MAX at a time, CONTROL_TIMEOUT_S for all of it. Words that
 * change something are for root and for the daemon's own user, by SO_PEERCRED; the others for
 * whom the socket's mode lets in. "help" lists the words.
 *
 * Main thread; words run on it, so they must not wait.
 */

#include <event2/event.h>
#include <sys/types.h>

#include "lib/service/service.h"

#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_LINE_MAX 1024
#define CONTROL_TIMEOUT_S 10

struct control;

/* Its address, "unix:/run/gatepost/milter.control"; the caller's to free. */
char *control_address(const char *run_directory, const char *name);
/* Serves the listening socket; fd stays the caller's. NULL where libevent refuses. */
struct control *control_new(struct event_base *base, int fd);
/* Adds words; their array outlives the control. Earlier words win over later ones of that name. */
void control_add_words(
    struct control *control, const struct service_word *words, size_t count, void *state);
/* Sends what is still to be sent if that works at once, and closes all. */
void control_free(struct control **control);
/*
 * What a request line (without its end) is answered: for tests and for the connections.
 * privileged: the client may use words that change.
 */
void control_answer(
    const struct control *control, struct text line, bool privileged, struct buffer *answer);
