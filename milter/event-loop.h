/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Loops of one thread each, between which the connections are shared out: every loop waits for new
 * ones, and gives each to the one that has the fewest. From then on that loop alone serves it. A
 * loop that gets no descriptor waits a little before it accepts again; one that hears nothing of a
 * connection for too long ends it.
 *
 * event_loop_* are called by one thread, which is none of theirs.
 */

#include <stdatomic.h>

#include "milter/event-link.h"

struct event_loop;

/* What the loops of a transport share. Set before the first begins. */
struct event_crew {
    struct conversation_terms terms;
    struct event_loop *loops;
    size_t count;
    int listen_fd;           /* closed by the last loop that lets go of it */
    atomic_size_t listeners; /* loops that hold it */
    atomic_bool is_draining; /* no new connections */
    atomic_bool is_closing;  /* and no old ones */
    int64_t idle_ms;
    void (*failed)(void *context); /* none can be accepted any more */
    void *context;
};

struct event_loop {
    struct event_crew *crew;
    struct event_ground ground;
    struct event_inbox inbox;
    struct buffer out;
    pthread_t thread;
    atomic_size_t count;             /* links, and sockets on their way here */
    struct event_link *first, *last; /* the one not heard of for longest comes first */
    bool holds_listener;
    int64_t accept_at_ms;  /* not before; 0: listening */
    int64_t complained_ms; /* of having no descriptor; 0: never */
};

enum err event_loop_init(struct event_loop *loop, struct event_crew *crew, struct failure *failure);
/* After its thread has ended, or where none was begun. */
void event_loop_done(struct event_loop *loop);
enum err event_loop_begin(struct event_loop *loop, struct failure *failure);
/* The crew's flags have changed. */
void event_loop_tell(struct event_loop *loop);
