/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Connections of Postfix. Each carries any number of requests, one after another or many at once;
 * what is answered is somebody else's business (answer_fn). A malformed request closes its
 * connection after one line in the log. All are bounded: their number (the newest is closed), the
 * bytes of a request, the answers that a client does not fetch, the time that it says nothing.
 * Main thread only.
 */

#include <event2/event.h>

#include "lib/base/buffer.h"
#include "policyd/request.h"

/* Postfix closes idle connections itself after max_idle, 300 s. */
#define CONNECTION_IDLE_S 900
/* From the first byte of a request to its last, as long as bytes still come. */
#define CONNECTION_REQUEST_S 30
/* Answers that wait for the client; beyond that its requests are left unread. */
#define CONNECTION_OUTPUT_MAX ((size_t)64 * 1024)

struct connections;

/* Appends the answer to a request. */
typedef void connection_answer_fn(
    void *context, const struct request *request, struct buffer *answer);

struct connections *connections_new(
    struct event_base *base, connection_answer_fn *answer, void *context);
void connections_set_max(struct connections *connections, size_t max);
size_t connections_count(const struct connections *connections);
/* Takes a connected, non-blocking descriptor over. */
void connections_add(struct connections *connections, int fd);
/* Closes each connection as soon as no request is under way on it; on_empty runs once none is left.
 */
void connections_drain(
    struct connections *connections, void (*on_empty)(void *context), void *context);
/* Closes all. */
void connections_free(struct connections **connections);
