/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * New hashes for right passwords whose hash was made with other parameters, stored behind the
 * login's back: the user has been answered, and a thread of the pool writes, on a connection of
 * its own that does not wait for other writers. What cannot be stored now is made anew at the
 * user's next login. They are stored one after another. Owned by the daemon; the loop's thread
 * calls.
 */

#include "authd/pool.h"
#include "lib/base/text.h"

struct rehasher;

/* Fails where the credentials cannot be written, with what to do about it. */
enum err rehasher_new(
    const char *state_directory, struct rehasher **rehasher_r, struct failure *failure);
/* After the pool. */
void rehasher_free(struct rehasher **rehasher);
/*
 * Has the user's hash replaced where it is still old_hash. The texts are copied. Where the pool
 * has no room, or too many wait, nothing is done.
 */
void rehasher_store(struct rehasher *rehasher, struct pool *pool, struct text address,
    struct text old_hash, struct text new_hash);
