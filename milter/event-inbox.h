/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What other threads leave for a loop: connections that go on, new ones, and the word that
 * something has changed. An eventfd wakes the loop, once for all that has come since it looked
 * last. Any thread may leave something; the loop's takes it out. The lock is held for a few
 * instructions, never over a system call.
 */

#include <pthread.h>

#include "lib/base/array.h"
#include "lib/base/error.h"

/* A place in the inbox, part of what is left there. */
struct event_note {
    struct event_note *next, *previous;
    bool is_left;
};

struct event_inbox {
    pthread_mutex_t lock;
    int fd; /* readable when there is something */
    bool is_woken;
    struct event_note notes; /* a ring */
    ARRAY(int) sockets;
};

enum err event_inbox_init(struct event_inbox *inbox, struct failure *failure);
/* Closes the sockets that nobody took. */
void event_inbox_done(struct event_inbox *inbox);

/* Idempotent until the note is taken. */
void event_inbox_leave(struct event_inbox *inbox, struct event_note *note);
void event_inbox_leave_socket(struct event_inbox *inbox, int fd);
/* Nothing but the wake-up. */
void event_inbox_wake(struct event_inbox *inbox);
/* The note is not in the inbox any more, and may go. */
void event_inbox_withdraw(struct event_inbox *inbox, struct event_note *note);

/* The fd was readable: what comes from now on wakes again. */
void event_inbox_open(struct event_inbox *inbox);
/* The note that was left first; NULL: there is none. */
struct event_note *event_inbox_take(struct event_inbox *inbox);
/* False: there is none. */
bool event_inbox_take_socket(struct event_inbox *inbox, int *fd_r);
