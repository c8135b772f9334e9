/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The waves of DNS questions of one message, and the answers that came in meanwhile.
 *
 * The table of answers belongs to the session's thread; answers come on the resolver's. So a wave
 * that is done puts a copy into a box under a lock of a few instructions, and the session takes
 * the box into its table when it comes by. The resolver's thread never waits for a session that
 * is hashing or checking a signature.
 *
 * Parking: a session that cannot go on says waves_park(). If something has come in by then it is
 * told to go on; else the callback runs once, on the resolver's thread, when the next wave is in.
 */

#include "milter/world.h"

/* Waves of one message; further questions are answered DNS_TEMPORARY. An honest chain has five. */
#define WAVES_MAX 40

struct waves;

/* Runs on the resolver's thread; must neither block nor call into the session. */
typedef void waves_resume_fn(void *context);

struct waves *waves_new(const struct world_resolver *resolver, struct answers *answers,
    waves_resume_fn *resume, void *context);
/* Cancels what is out and waits for callbacks that are running. Accepts a pointer to NULL. */
void waves_free(struct waves **waves);

/* Sends what the table misses, as one wave. False where it misses nothing. */
bool waves_send(struct waves *waves, int64_t timeout_ms);
/* Puts what has come in into the table. True where there was something. */
bool waves_take(struct waves *waves);
/* Waves that were sent and have not come in. */
size_t waves_out(struct waves *waves);
/* Waves sent so far: the length of the chain, for logs and metrics. */
size_t waves_sent(const struct waves *waves);
/* True: resume will be called. False: something is in the box already. */
bool waves_park(struct waves *waves);
