/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A name server inside the test process, on 127.0.0.1 with a port of its own, UDP and TCP: what a
 * real one would have to be coaxed into (delays, silence, lies, truncation) it does on demand.
 */

#include <stdbool.h>
#include <stddef.h>

#include "tests/unit/dns/wire.h"

struct responder;

struct query {
    unsigned id, type;
    char name[256]; /* lower case, without final dot */
    bool is_tcp;
    const uint8_t *bytes; /* the whole message: an update says more than a question */
    size_t len;
};

/* As a delay: a connection over TCP stays open, and nothing is said or heard there any more. */
#define RESPONDER_NEVER (-1)

/*
 * Writes the reply, on the responder's thread. False: stays silent. *delay_ms_r is 0 at first.
 */
typedef bool responder_reply_fn(const struct query *query, struct wire *reply, int *delay_ms_r);

struct responder *responder_new(responder_reply_fn *reply);
void responder_free(struct responder **responder);
/* "127.0.0.1@PORT", valid as long as the responder. */
const char *responder_server(const struct responder *responder);
/* Queries since the start, or since responder_reset(). */
size_t responder_count(struct responder *responder);
/* Waits until there were so many. */
void responder_wait_for(struct responder *responder, size_t count);
size_t responder_tcp_count(const struct responder *responder);
/* The most replies that ever waited for their time at once: how many questions were in flight. */
size_t responder_peak(const struct responder *responder);
void responder_reset(struct responder *responder);
