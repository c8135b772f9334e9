/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What carries sessions: the milter protocol on a listening socket. For now by libmilter, which
 * has one listener and its settings per process; so there is one transport per process.
 *
 * Its life: transport_open() starts a thread that accepts on a copy of the descriptor.
 * transport_drain() stops accepting and calls drained once no message is in flight (at once, if
 * there is none). transport_close() ends what is left with a temporary failure and waits for the
 * threads that are inside a session. Open, drain and close are called by one thread.
 */

#include "milter/session.h"

struct transport;

struct transport_options {
    int listen_fd; /* stays the caller's */
    const struct session_source *source;
    size_t max_connections; /* further ones are answered 451 */
    /* Both on threads of the transport; they must not block. */
    void (*drained)(void *context);
    void (*failed)(void *context); /* it cannot accept any more */
    void *context;
};

enum err transport_open(const struct transport_options *options, struct transport **transport_r,
    struct failure *failure);
/* After a reload; connections over the new bound are kept. */
void transport_set_max_connections(struct transport *transport, size_t max);
void transport_drain(struct transport *transport);
/*
 * True: nothing of the transport runs any more; world and source may go. False: a session would
 * not end (a bug, or a callback stuck in the system); leave everything to the process's end.
 */
bool transport_close(struct transport **transport);
/* Messages between MAIL FROM and the answer to their end. */
size_t transport_messages(struct transport *transport);
