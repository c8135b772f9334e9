/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DKIM private keys, in STORE_KEYS. The PEM is a secret; lists come without it.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

enum dkim_key_state {
    DKIM_KEY_MADE,   /* exists, published perhaps, does not sign */
    DKIM_KEY_ACTIVE, /* signs */
    DKIM_KEY_RETIRED /* still published, signs no more */
};

const char *dkim_key_state_word(enum dkim_key_state state);

struct dkim_key {
    struct text domain, selector;
    struct text algorithm; /* "rsa" or "ed25519" */
    unsigned bits;
    enum dkim_key_state state;
    struct text record; /* the TXT record to publish */
    struct text pem;    /* empty in lists */
    int64_t created;
    int64_t state_since;
};

struct dkim_key_list {
    const struct dkim_key *items; /* sorted by domain, then selector */
    size_t count;
};

enum err dkim_key_add(struct store *store, const struct dkim_key *key, int64_t now);
/* domain empty: all. Without the PEM. */
enum err dkim_key_list(
    struct store *store, struct text domain, struct arena *arena, struct dkim_key_list *list_r);
/* The active keys of exactly that domain, with the PEM. Found with count 0 where it has none. */
enum err dkim_key_list_active(
    struct store *store, struct text domain, struct arena *arena, struct dkim_key_list *list_r);
enum err dkim_key_find(struct store *store, struct text domain, struct text selector,
    struct arena *arena, struct dkim_key *key_r);
/* now: the time of the change; a key that is in that state already keeps the earlier one. */
enum err dkim_key_set_state(struct store *store, struct text domain, struct text selector,
    enum dkim_key_state state, int64_t now);
enum err dkim_key_delete(struct store *store, struct text domain, struct text selector);
