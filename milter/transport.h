/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What carries sessions: the milter protocol on a listening socket. There are two kinds: our own
 * loops, a thread for each processor (transport-event.c), and libmilter (transport-libmilter.c).
 *
 * Its life: transport_open() starts threads that accept on a copy of the descriptor.
 * transport_drain() stops accepting and calls drained once no message is in flight (at once, if
 * there is none). transport_close() ends what is left with a temporary failure and waits for the
 * threads that are inside a session. Open, drain and close are called by one thread.
 */

#include "milter/session.h"

struct transport;

/* Nothing was heard of the mail server for so long, in the midst of a session: libmilter's bound
 * too. */
#define TRANSPORT_IDLE_MS ((int64_t)7210 * 1000)

struct transport_options {
    int listen_fd; /* stays the caller's */
    const struct session_source *source;
    size_t max_connections; /* further ones are answered 451 */
    size_t threads;         /* of our own loops; 0: one for each processor */
    int64_t idle_ms;        /* of our own loops; 0: TRANSPORT_IDLE_MS */
    /* Both on threads of the transport; they must not block. */
    void (*drained)(void *context);
    void (*failed)(void *context); /* it cannot accept any more */
    void *context;
};

/* One way to carry sessions; what its functions do is said at those below. */
struct transport_kind {
    const char *name;
    enum err (*open)(const struct transport_options *options, struct transport **transport_r,
        struct failure *failure);
    void (*set_max_connections)(struct transport *transport, size_t max);
    void (*drain)(struct transport *transport);
    bool (*close)(struct transport **transport);
    size_t (*messages)(struct transport *transport);
};

extern const struct transport_kind transport_event;
/* It has one listener and its settings for the whole process: opened once. */
extern const struct transport_kind transport_libmilter;

/* The first member of each kind's own. */
struct transport {
    const struct transport_kind *kind;
};

enum err transport_open(const struct transport_kind *kind, const struct transport_options *options,
    struct transport **transport_r, struct failure *failure);
/* After a reload; connections over the new bound are kept. */
void transport_set_max_connections(struct transport *transport, size_t max);
void transport_drain(struct transport *transport);
/*
 * True: nothing of the transport runs any more; world and source may go. False: a session would
 * not end (a bug, or a callback stuck in the system); leave everything to the process's end.
 * Clears the pointer; accepts a pointer to NULL.
 */
bool transport_close(struct transport **transport);
/* Messages between MAIL FROM and the answer to their end. */
size_t transport_messages(struct transport *transport);
