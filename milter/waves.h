/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The waves of DNS questions of one message, and the answers that came in meanwhile.
 *
 * The table of answers belongs to the session's thread; answers come on the resolver's. So each
 * call of a wave leaves a parcel of copies under a lock of a few instructions, and the session
 * unpacks the parcels into its table when it comes by. The resolver's thread never waits for a
 * session that is hashing or checking a signature.
 *
 * A wave comes in by parts where one of its names is slow. The session goes on with each part, and
 * what it wants then is a further wave beside those that are still out: whoever makes one name
 * wait cannot make the other chains of lookups wait for it.
 *
 * Parking: a session that cannot go on says waves_park(). If something has come in by then it is
 * told to go on; else the callback runs once, on the resolver's thread, when the next parcel is in.
 */

#include "milter/world.h"

/*
 * Waves of one message; further questions are answered DNS_TEMPORARY. An honest chain has five. A
 * slow name adds none; what the owners of several names can do together (two SPF checks of ten
 * lookups with the addresses of ten hosts each, the walk, and each answer by itself) stays below.
 */
#define WAVES_MAX 128

struct waves;

/* Runs on the resolver's thread; must neither block nor call into the session. */
typedef void waves_resume_fn(void *context);

struct waves *waves_new(const struct world_resolver *resolver, struct answers *answers,
    waves_resume_fn *resume, void *context);
/* Cancels what is out and waits for a call that is being made. Accepts a pointer to NULL. */
void waves_free(struct waves **waves);

/* Sends what the table misses, as one wave. False where it misses nothing. */
bool waves_send(struct waves *waves, int64_t timeout_ms);
/* Unpacks what has come in into the table. True where there was something. */
bool waves_take(struct waves *waves);
/* Waves that were sent and have not come in whole. */
size_t waves_out(struct waves *waves);
/* Waves sent so far: the length of the chain, for logs and metrics. */
size_t waves_sent(const struct waves *waves);
/* True: resume will be called. False: something is in already, or nothing is out. */
bool waves_park(struct waves *waves);
