/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Waves of DNS questions, answered by libunbound in event mode.
 *
 * The life of a wave. resolver_send() looks each question up in a small cache of our own
 * (dns/cache.h); what is there is answered at once. If all are, the callback runs before
 * resolver_send() returns. Otherwise the rest goes in one hand-over to the resolver's thread,
 * which asks libunbound for all names at once. When the last answer is in, or the deadline has
 * passed, the callback runs once, on the resolver's thread, with every question answered
 * (DNS_TEMPORARY for those out of time; their late answers still go to the cache). A wave can be
 * cancelled until its callback has started.
 *
 * One resolver serves all threads of a process; open it after the last fork(). Callbacks must not
 * block, and may send waves and cancel them, but not close the resolver.
 *
 * Identical questions in flight are asked once. DNSSEC is left to the servers asked: nothing is
 * validated here for now and answers are never secure, since a trust anchor would refuse private
 * zones; dns_answer.secure is filled as soon as validation is switched on (upstream.c).
 */

#include "lib/base/error.h"
#include "lib/dns/answers.h"

struct resolver;
struct wave;

#define RESOLVER_SERVERS_MAX 16
#define RESOLVER_WAVES_MAX 65536  /* waves in flight; more are answered DNS_TEMPORARY */
#define RESOLVER_LOOKUPS_MAX 8192 /* names in flight, those that nobody waits for included */

struct resolver_options {
    /* "ADDR", "ADDR@PORT"; none: the servers of /etc/resolv.conf; "root": ask from the root. */
    const char *const *servers;
    size_t server_count;
    size_t cache_entries; /* of our own cache in front; 0: 10000 */
};

/* Starts the thread. ERR_SYNTAX for a bad server, ERR_IO where libunbound refuses. */
enum err resolver_open(
    const struct resolver_options *options, struct resolver **resolver_r, struct failure *failure);
/* Ends the thread; waves in flight are answered DNS_TEMPORARY first. NULL is fine. */
void resolver_close(struct resolver **resolver);

/* answers[i] belongs to questions[i]; both are valid during the callback only. */
typedef void resolver_done_fn(void *context, const struct dns_answer *const *answers, size_t count);

/*
 * Sends a wave. The questions are copied. Returns NULL where the callback has already run (all
 * from the cache, or the resolver is closing), else a handle that is good until the callback.
 */
struct wave *resolver_send(struct resolver *resolver, const struct dns_question *questions,
    size_t count, int64_t timeout_ms, resolver_done_fn *done, void *context);
/*
 * True: the callback will not run. False: it has run or is running on another thread now; it may
 * still use context until it returns.
 */
bool resolver_cancel(struct resolver *resolver, struct wave *wave);

/*
 * Takes the missing questions of the table, waits for one wave and puts the answers in. For
 * command-line programs and for threads that may wait. True where there was something to ask.
 */
bool resolver_answer(struct resolver *resolver, struct answers *answers, int64_t timeout_ms);
/*
 * Forgets all that was learned, libunbound's own cache included, and reads /etc/resolv.conf again
 * where the servers come from there: for reload and tests. Waves in flight are asked anew.
 */
void resolver_flush(struct resolver *resolver);
