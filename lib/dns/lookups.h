/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The questions in flight to libunbound, and which waves wait for them. Of the resolver's thread
 * alone.
 *
 * Each question is asked once, however many wait. A lookup stays until libunbound answers, also
 * when nobody waits for it any more: its answer goes to the cache. How many there may be, what one
 * wave may add, and when those that nobody waits for are given up, resolver.h says.
 */

#include "lib/dns/wave.h"

struct event_base;
struct lookups;

/* An answer has been put into the wave (wave_put()), maybe still inside lookups_ask(). */
typedef void lookups_answered_fn(struct wave *wave);

/*
 * The cache and the servers' names are the caller's, and outlive the lookups. Fails as
 * upstream_open().
 */
enum err lookups_open(struct event_base *base, const struct resolver_options *options,
    struct cache *cache, lookups_answered_fn *on_answer, struct lookups **lookups_r,
    struct failure *failure);
/* No wave may wait any more. Nobody is called back. NULL is fine. */
void lookups_close(struct lookups **lookups);

/* Joins a lookup in flight or starts one; where there is no room, answers DNS_TEMPORARY. */
void lookups_ask(struct lookups *lookups, struct waiter *waiter);
/* The waiter waits no more; it may have its answer already. */
void lookups_leave(struct lookups *lookups, struct waiter *waiter);

/*
 * A fresh libunbound, which has learned nothing. It is asked for all that somebody waits for; the
 * rest is dropped. Fails as upstream_open(), and then the old one goes on.
 */
enum err lookups_renew(struct lookups *lookups, struct failure *failure);
/*
 * Gives up what nobody waits for where it takes too much of the room. Where there is no fresh
 * libunbound now, the next call tries again.
 */
void lookups_drop_abandoned(struct lookups *lookups);
