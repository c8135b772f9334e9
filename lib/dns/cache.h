/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Answers remembered for as long as their TTL says, "there is none" included (RFC 2308);
 * DNS_TEMPORARY never. It stands in front of libunbound's own cache because a look here costs a
 * fraction of a hand-over to the resolver's thread.
 *
 * The cache is cut into shards with a lock each, so that threads seldom meet. Each shard is
 * bounded in entries and in bytes and forgets what was not used for longest. Any thread; locks
 * are held for a look or a copy in memory only. Time is clock_monotonic_ms(). Never fails.
 */

#include "lib/base/arena.h"
#include "lib/dns/answer.h"

struct cache;

#define CACHE_SHARDS 16
/* However long a TTL is: an administrator's change is seen within a day, a new name in an hour. */
#define CACHE_TTL_MAX_S 86400
#define CACHE_NEGATIVE_TTL_MAX_S 3600
/* A larger answer is not kept, and all together hold this much for each entry at most. */
#define CACHE_ANSWER_MAX_BYTES 16384
#define CACHE_ENTRY_MEAN_BYTES 1024

/* entries is rounded up to a multiple of CACHE_SHARDS. */
struct cache *cache_new(size_t entries);
/* Clears the pointer, accepts a pointer to NULL. */
void cache_free(struct cache **cache);
/* A copy in arena with the TTL that is left, or NULL. The question's name is normalized. */
const struct dns_answer *cache_get(
    struct cache *cache, const struct dns_question *question, struct arena *arena);
/* Copies the answer; a newer one takes the place of an older one. */
void cache_put(
    struct cache *cache, const struct dns_question *question, const struct dns_answer *answer);
/* Forgets all. */
void cache_flush(struct cache *cache);
/* Entries now held, those past their time but not yet dropped included. */
size_t cache_count(struct cache *cache);
