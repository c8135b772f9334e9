/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Users as the directory has them, by address: those who were asked for since it was changed last.
 * Postfix asks for the same few again and again, and a directory of a million is then no slower
 * than a small one. Who is absent is not remembered: strangers make up such names.
 *
 * When it is full it begins anew, so that names by the million cost no more memory. One thread.
 */

#include "lib/store/user.h"

/* For a daemon: some 250 bytes each. */
#define USER_CACHE_MAX 50000

struct user_cache;

/* max: 1 at least. */
struct user_cache *user_cache_new(size_t max);
void user_cache_free(struct user_cache **cache);
/* Writes a copy, whose texts live in the arena. False: it is not known here. */
bool user_cache_get(
    const struct user_cache *cache, struct text address, struct arena *arena, struct user *user_r);
/* By the address that was asked for; keeps a copy. */
void user_cache_put(struct user_cache *cache, struct text address, const struct user *user);
/* Something in the directory was changed. */
void user_cache_clear(struct user_cache *cache);
