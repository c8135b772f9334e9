/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What SRS addresses are signed with, in STORE_SRS: the newest signs, all verify. mailctl writes
 * them; the milter, which makes such addresses, and authd, which takes them back, read. Lists come
 * without the secret itself.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* In bytes; a shorter one can be guessed from a few addresses. */
#define SRS_SECRET_MIN 8
#define SRS_SECRET_MAX 1024
/* Each costs a hash for each address that is looked up. */
#define SRS_SECRETS_MAX 20

struct srs_secret {
    int64_t id; /* counts up, and is not used again */
    int64_t created;
    int64_t superseded; /* when the next one was made; 0: this one signs */
};

struct srs_secret_list {
    const struct srs_secret *items; /* the newest first */
    size_t count;
};

/* ERR_LIMIT: there are SRS_SECRETS_MAX. ERR_REFUSED: too short or too long. */
enum err srs_secret_add(struct store *store, struct text secret, int64_t now);
enum err srs_secret_list(struct store *store, struct arena *arena, struct srs_secret_list *list_r);
/* The secrets, the newest first; at most SRS_SECRETS_MAX. Found with count 0 where there are none.
 * Use an arena that is wiped. */
enum err srs_secret_load(
    struct store *store, struct arena *arena, struct text *secrets_r, size_t *count_r);
/* ERR_REFUSED: it is the one that signs. */
enum err srs_secret_delete(struct store *store, int64_t id);
/* Deletes what was superseded before that time. */
enum err srs_secret_expire(struct store *store, int64_t before);
