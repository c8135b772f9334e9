/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libunbound in event mode: the one place that knows its settings and its habits.
 *
 * An upstream hangs on the event base of the resolver's thread and is used by that thread alone.
 * upstream_ask() starts a lookup; the callback runs once, from the event loop or, where
 * libunbound has the answer in its cache, before upstream_ask() returns. A server that does not
 * answer keeps a lookup open for 12 to 17 seconds: deadlines are the caller's business. Closing
 * an upstream drops the lookups still open without calling back, and is the only way to be rid of
 * them: ub_cancel() in event mode forgets the callback but keeps the lookup and its port.
 *
 * The answer is valid during the callback only, and in a callback neither may another lookup be
 * started nor the upstream be closed.
 */

#include "lib/base/error.h"
#include "lib/dns/answer.h"

struct event_base;
struct upstream;

/*
 * servers as in struct resolver_options. ERR_SYNTAX for a bad server, ERR_LIMIT for too many,
 * ERR_IO where libunbound or /etc/resolv.conf refuses.
 */
enum err upstream_open(struct event_base *base, const char *const *servers, size_t server_count,
    struct upstream **upstream_r, struct failure *failure);
/* So many lookups can be under way at once: each holds a port. More wait for one another. */
size_t upstream_room(const struct upstream *upstream);
/* Clears the pointer, accepts a pointer to NULL. */
void upstream_close(struct upstream **upstream);

typedef void upstream_done_fn(void *context, const struct dns_answer *answer);

/* The question's name must stay valid until the callback. */
void upstream_ask(struct upstream *upstream, const struct dns_question *question,
    upstream_done_fn *done, void *context);
