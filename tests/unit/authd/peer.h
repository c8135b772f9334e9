/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The other end of a session under test: a socketpair, and a loop that runs until what is awaited
 * has come. Nothing sleeps; a test that waits in vain is ended by an alarm.
 */

#include <event2/event.h>

#include "lib/base/buffer.h"

struct peer {
    struct event_base *base;
    int fd;         /* the test's end, not blocking */
    int session_fd; /* the session's: to be given away */
    struct buffer got;
    bool is_closed; /* by the session */
};

void peer_open(struct peer *peer, struct event_base *base);
void peer_done(struct peer *peer);
void peer_send(struct peer *peer, struct text text);
/* Runs the loop until so many bytes have come, or the session closed. */
void peer_await(struct peer *peer, size_t len);
/* Until the text has come at the end of what was got; fails where the session closes before. */
void peer_await_end(struct peer *peer, const char *end);
void peer_await_close(struct peer *peer);
/* Forgets what was got. */
void peer_clear(struct peer *peer);
