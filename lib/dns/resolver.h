/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Waves of DNS questions, answered by libunbound in event mode.
 *
 * The life of a wave. resolver_send() looks each question up in a small cache of our own
 * (dns/cache.h); what is there is answered at once. If all are, the callback runs before
 * resolver_send() returns. Otherwise the rest goes in one hand-over to the resolver's thread,
 * which asks libunbound for all names at once. From then on the callback runs on the resolver's
 * thread. When the last answer is in, or the deadline has passed, it is called for the last time,
 * with DNS_TEMPORARY for what is out of time; late answers still go to the cache. Before that it
 * is called whenever an answer has waited RESOLVER_GRACE_MS for the others: a name server that is
 * slow, by its nature or by the will of its owner, holds back its own answers and nobody else's.
 * Each question is answered in one of the calls. A wave can be cancelled until its last call.
 *
 * One resolver serves all threads of a process; open it after the last fork(). Callbacks must not
 * block, and may send waves and cancel them, but neither flush nor close the resolver.
 *
 * Names that nobody answers must not take the room of the others. A message, of whatever many
 * waves, gets no more than a small share of it once half is gone. What all waves have left is given
 * up when it comes to a quarter: libunbound cannot drop a lookup, so a fresh one takes its place,
 * and what somebody waits for is asked anew.
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
/* So long an answer waits for the rest of its wave, then it is given without it. */
#define RESOLVER_GRACE_MS 100
#define RESOLVER_WAVES_MAX 65536 /* waves in flight; more are answered DNS_TEMPORARY */
/*
 * Names in flight, those that nobody waits for any more included; fewer where libunbound has fewer
 * ports (upstream.h). More are answered DNS_TEMPORARY. Enough for 1,000 messages at once that ask
 * for eight names each and get no answer yet; a name in flight takes about 10 KB.
 */
#define RESOLVER_LOOKUPS_MAX 8192
/*
 * Once half of them are in flight those who have asked for so many names get no more: enough for an
 * honest message, and little beside what is left where a client has 50 connections (Postfix's
 * bound).
 */
#define RESOLVER_SHARE 48

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

/*
 * answers[i] belongs to questions[i] and is valid during the call only. NULL: not in yet, or given
 * by an earlier call. After the call with is_last each question has been answered, once.
 */
typedef void resolver_done_fn(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last);

/*
 * Sends a wave. The questions are copied. Returns NULL where the last call has been made already
 * (all from the cache, or the resolver is closing), else a handle. A handle that is kept for
 * longer than its wave lives does no harm.
 */
struct wave *resolver_send(struct resolver *resolver, const struct dns_question *questions,
    size_t count, int64_t timeout_ms, resolver_done_fn *done, void *context);
/* The same for one who has asked for that many names before, which count towards the share. */
struct wave *resolver_send_further(struct resolver *resolver, const struct dns_question *questions,
    size_t count, size_t asked_before, int64_t timeout_ms, resolver_done_fn *done, void *context);
/*
 * No call is made any more; where one is being made on the resolver's thread just now, waits until
 * it is over (unless it is that call that cancels), so hold no lock that the callback takes. False
 * where the last call had been made or begun.
 */
bool resolver_cancel(struct resolver *resolver, struct wave *wave);

/*
 * Takes the missing questions of the table, sends them as one wave, waits for its first call and
 * puts those answers in. What was not among them is missing in the table again, so that the next
 * resolver_answer() asks for it together with what the engine wants by then; it meets the lookup
 * that is under way. For command-line programs and for threads that may wait; they call it until
 * nothing is missing, with the time that is left. True where there was something to ask.
 */
bool resolver_answer(struct resolver *resolver, struct answers *answers, int64_t timeout_ms);
/*
 * Forgets all that was learned, libunbound's own cache included, and reads /etc/resolv.conf again
 * where the servers come from there: for reload and tests. Waves in flight are asked anew. Waits
 * for the resolver's thread, so not for callbacks. Fails as resolver_open(); the servers stay what
 * they were then, and what libunbound had learned stays too.
 */
enum err resolver_flush(struct resolver *resolver, struct failure *failure);
