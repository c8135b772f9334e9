/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Passwords and their hashes, in Dovecot's form: a scheme in braces, then what that scheme has.
 * New hashes are {ARGON2ID}; what other servers made by crypt(3) can be checked, so that accounts
 * move in with their passwords. Passwords and hashes are secrets of the caller, who wipes them;
 * copies made here are wiped here. Slow on purpose; any thread.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

#define PASSWORD_MAX_BYTES 1024
#define PASSWORD_HASH_MAX 1024 /* of a stored hash, with the NUL */
/* What a stored hash may ask for, so that an imported one cannot stop the machine. */
#define PASSWORD_MEMORY_MAX_KIB ((uint64_t)1024 * 1024)
#define PASSWORD_PASSES_MAX 64
#define PASSWORD_LANES_MAX 16
#define PASSWORD_ROUNDS_MIN 1000 /* of the crypt(3) schemes by SHA-2; fewer match nothing */
#define PASSWORD_ROUNDS_MAX 5000000
#define PASSWORD_BCRYPT_COST_MAX 16

/*
 * Hashes by Argon2id into hash_r, which has room for PASSWORD_HASH_MAX bytes. ERR_RANGE: an empty
 * or too long password, or parameters that the library refuses; ERR_LIMIT: not enough memory now.
 */
enum err password_hash(struct text password, uint64_t memory_bytes, unsigned passes, char *hash_r);

/* Three outcomes, never merged: a hash that cannot be worked out is no wrong password. */
enum password_result { PASSWORD_MATCHES, PASSWORD_DIFFERS, PASSWORD_FAILED };

enum password_result password_verify(struct text hash, struct text password);

/*
 * Whether a hash that comes from elsewhere is one that password_verify() serves: ERR_UNSUPPORTED
 * scheme, ERR_SYNTAX (cut off, for one), ERR_RANGE (it costs more than the bounds above). The words
 * never hold it.
 */
enum err password_hash_check(struct text hash, struct failure *failure);

/* True where the hash is of another scheme or other parameters than password_hash() would use. */
bool password_needs_rehash(struct text hash, uint64_t memory_bytes, unsigned passes);
