/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DNS messages to a server over TCP, one at a time, and for each the one that comes back (RFC 1035
 * §4.2.2, RFC 7766). The connection stays for the next. Owned by the caller, who ends it; waits,
 * within a deadline; any thread.
 */

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/ip.h"

#define STREAM_PORT 53

struct stream {
    struct ip server;
    uint16_t port;
    int fd; /* -1: no connection */
};

void stream_init(struct stream *stream, const struct ip *server, uint16_t port);
/* Ends the connection; the next message makes a new one. */
void stream_done(struct stream *stream);

/*
 * The reply without its length, into an empty buffer, which the caller ends in any case.
 * deadline_ms: of clock_monotonic_ms(). ERR_TIMEOUT, ERR_IO. Where the server has ended a
 * connection that served before, the message goes over a new one (RFC 7766 §6.2.4): what must not
 * be done twice wants a stream of its own.
 */
enum err stream_exchange(struct stream *stream, struct text message, int64_t deadline_ms,
    struct buffer *reply, struct failure *failure);

/* The address as the system's calls want it; returns its length. */
struct sockaddr_storage;
unsigned stream_address(const struct ip *ip, uint16_t port, struct sockaddr_storage *address_r);
