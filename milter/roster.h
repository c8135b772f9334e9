/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The connections that a transport carries, listed and counted: how many there are, which of them
 * have a message in flight, who waits for a wave, and which threads are at work in a session. So
 * that a stop can wait for the messages, and the end for the threads.
 *
 * One lock over all of it, held for a few instructions. Any thread, but for what is said below.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum roster_state {
    ROSTER_IDLE,
    ROSTER_IN_MESSAGE, /* between MAIL FROM and the answer to its end */
    ROSTER_ANSWERED    /* the answer is given, and perhaps not written yet */
};

/* A connection's place, part of the connection. */
struct roster_entry {
    struct roster_entry *next, *previous;
    enum roster_state state;
    bool is_admitted; /* not refused */
    bool is_resumed;
    pthread_cond_t resumed;
};

struct roster {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct roster_entry *first;
    size_t max; /* connections at a time; further ones are refused */
    size_t admitted, in_message, answered;
    size_t inside; /* threads at work */
    bool is_draining, is_drained, is_closing;
    void (*drained)(void *context); /* called once, without the lock */
    void *context;
};

#define ROSTER_NONE                                                                                \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                     \
    }

enum roster_admission {
    ROSTER_ADMITTED,
    ROSTER_REFUSED, /* listed, but one over max, or after the drain began: serve it nothing */
    ROSTER_CLOSED   /* not listed: the end has come */
};

enum roster_admission roster_admit(struct roster *roster, struct roster_entry *entry);
void roster_set_max(struct roster *roster, size_t max);
void roster_remove(struct roster *roster, struct roster_entry *entry);

/* A thread goes to work. False: the end has come, and no connection may be touched any more. */
bool roster_enter(struct roster *roster);
void roster_leave(struct roster *roster);

/* A message begins: ROSTER_IN_MESSAGE. False after the drain began: no new ones then. */
bool roster_begin_message(struct roster *roster, struct roster_entry *entry);
void roster_set_state(struct roster *roster, struct roster_entry *entry, enum roster_state state);
size_t roster_messages(struct roster *roster);

/* Wakes whoever waits, or will wait, for this entry. */
void roster_resume(struct roster *roster, struct roster_entry *entry);
/* True once resumed; false where the end has come. */
bool roster_wait(struct roster *roster, struct roster_entry *entry);

/* From now on, drained() is called when no message is in flight; at once if none is. */
void roster_drain(struct roster *roster);
/*
 * Gives answers that are on their way reply_grace_ms to be written, then closes: who waits is sent
 * away, nobody enters. True: all threads were out within grace_ms, and the connections are the
 * caller's.
 */
bool roster_close(struct roster *roster, long reply_grace_ms, long grace_ms);
bool roster_is_closing(struct roster *roster);
