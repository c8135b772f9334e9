/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Password hashes, in STORE_CREDENTIALS, in Dovecot's form: "{ARGON2ID}$argon2id$v=19$...". The
 * hash is a secret: it is never logged or printed.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

#define CREDENTIAL_HASH_MAX 1024

struct credential {
    struct text address;
    struct text hash;
    int64_t changed; /* seconds since the epoch */
};

/* Sets or replaces. */
enum err credential_set(struct store *store, struct text address, struct text hash, int64_t now);
/* Replaces the hash only where it is still old_hash: a rehash never undoes a password change. */
enum err credential_replace(
    struct store *store, struct text address, struct text old_hash, struct text new_hash);
enum err credential_find(
    struct store *store, struct text address, struct arena *arena, struct credential *credential_r);
/* When it was set; leaves the hash where it is. */
enum err credential_time(struct store *store, struct text address, int64_t *changed_r);
enum err credential_delete(struct store *store, struct text address);
