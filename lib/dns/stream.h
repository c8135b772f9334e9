/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One DNS message to a server over TCP, and one back (RFC 1035 §4.2.2, RFC 7766). Waits, within a
 * deadline; any thread.
 */

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/ip.h"

#define STREAM_PORT 53

/*
 * The reply without its length, into an empty buffer, which the caller ends in any case.
 * deadline_ms: of clock_monotonic_ms(). ERR_TIMEOUT, ERR_IO.
 */
enum err stream_exchange(const struct ip *server, uint16_t port, struct text message,
    int64_t deadline_ms, struct buffer *reply, struct failure *failure);

/* The address as the system's calls want it; returns its length. */
struct sockaddr_storage;
unsigned stream_address(const struct ip *ip, uint16_t port, struct sockaddr_storage *address_r);
