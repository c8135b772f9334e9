/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One client's connection, login or lookup: bytes in, bytes out, bounds and deadlines. What they
 * mean is the business of a handler. Owned by its group, which the daemon keeps one of for each
 * listening socket; all of it runs on the loop's thread.
 *
 * Input stands in one block of fixed size, which never moves and is wiped as it is consumed, for
 * passwords pass through it. A handler is given the input as long as it takes requests out of it;
 * it may pause the connection while answers are outstanding. Where a client does not read, its
 * output reaches a bound and its requests wait. A request that does not become whole within
 * request_ms, and an answer that is not taken within that time, end the connection.
 */

#include <event2/event.h>
#include <stdint.h>

#include "lib/base/text.h"

struct connection;

enum connection_step {
    CONNECTION_TOOK,  /* one request; there may be more */
    CONNECTION_WANTS, /* more bytes, or is paused; nothing was taken */
    CONNECTION_ENDS   /* nothing more is taken; closes when what was written is sent */
};

struct connection_handler {
    size_t input_max; /* no request is longer */
    int64_t request_ms;
    /* input may be altered. *taken_r: how many bytes of it have been dealt with. */
    enum connection_step (*input)(void *state, char *input, size_t len, size_t *taken_r);
    /* True while answers are outstanding: the connection is kept at its client's end of file. */
    bool (*is_busy)(const void *state);
    /* The output has shrunk below its bound; NULL where nobody waits for that. */
    void (*room)(void *state);
    /* The deadline passed with half a request; NULL: nothing to say. */
    void (*timeout)(void *state);
    /* The connection is gone: frees the state. */
    void (*closed)(void *state);
};

/* Connections of one listening socket. Embedded in its owner. */
struct connection_group {
    struct event_base *base;
    const struct connection_handler *handler;
    struct connection *first;
    size_t count, max;
    bool is_draining;
    /* Called when the last one is gone. */
    void (*on_empty)(void *context);
    void *context;
};

void connection_group_init(struct connection_group *group, struct event_base *base,
    const struct connection_handler *handler, size_t max);
/* No new requests; each closes as soon as nothing is outstanding. */
void connection_group_drain(struct connection_group *group);
/* Closes all at once. */
void connection_group_done(struct connection_group *group);

/*
 * Takes over fd, a stream socket that does not block. NULL, and fd closed, where the group is full
 * or draining. The state may be set later, before the loop runs again.
 */
struct connection *connection_open(struct connection_group *group, int fd);
void connection_set_state(struct connection *connection, void *state);

/* Appends to the output; sent from the loop. */
void connection_write(struct connection *connection, struct text text);
/* True where so much output waits that a handler should hold back. */
bool connection_is_full(const struct connection *connection);
/* The handler has finished something that was outstanding, or can take input again. */
void connection_resume(struct connection *connection);
int connection_fd(const struct connection *connection);
