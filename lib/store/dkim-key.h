/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DKIM private keys, in STORE_KEYS. The PEM is a secret; lists come without it, and a key that is
 * revoked or gone has none any more, nor does any file of the database once that was committed
 * (store_keeps_traces()). What moves a key from one state to the next: the walk in
 * mailctl/dkim/rotation.h.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* In the order of a key's life. */
enum dkim_key_state {
    DKIM_KEY_MADE,      /* exists, does not sign */
    DKIM_KEY_PUBLISHED, /* was seen at every server of its zone, does not sign yet */
    DKIM_KEY_ACTIVE,    /* signs */
    DKIM_KEY_RETIRED,   /* still published, signs no more */
    DKIM_KEY_REVOKED, /* its record says that it counts for nothing; the private part is no more */
    DKIM_KEY_GONE,    /* there is to be no record; the selector is remembered */
    DKIM_KEY_UNKNOWN  /* a later version looks after it: does not sign, and stays as it is */
};

const char *dkim_key_state_word(enum dkim_key_state state);

struct dkim_key {
    struct text domain, selector;
    struct text algorithm; /* "rsa" or "ed25519" */
    unsigned bits;
    enum dkim_key_state state;
    struct text word;     /* of an unknown state, as it stands there; else empty */
    struct text record;   /* of the public key; what is to be published: dkim_key_wanted() */
    struct text pem;      /* empty in lists */
    struct text zone;     /* that its record stands in instead of the domain's; empty: in that */
    struct text replaces; /* the selector of the key whose place it takes; empty: of none */
    int64_t created;
    int64_t state_since;
    int64_t seen;    /* since when the DNS shows what it should in this state, as far as anybody has
                        looked; 0: not yet */
    int64_t doubted; /* the latest time that lay ahead of the clock, which may have been behind:
                        what was noted since counts until the clock comes there; 0: none */
    int64_t ttl_s;   /* how long an answer about its record may be kept, as far as was seen */
};

/* Of its state, for people. */
struct text dkim_key_word(const struct dkim_key *key);
/* "SELECTOR._domainkey.DOMAIN": where receivers ask for its record. */
struct text dkim_key_owner(const struct dkim_key *key, struct arena *arena);
/* Where that record stands: there, or where the domain's zone leads by an alias. */
struct text dkim_key_place(const struct dkim_key *key, struct arena *arena);
/* The TXT record that is to be there; empty: none. */
struct text dkim_key_wanted(const struct dkim_key *key);

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
/*
 * now: the time of the change, doubted where the key has a later one already; of a key that is in
 * that state already the earlier one counts. One that is revoked or gone loses its private part,
 * and does not come back: of a revoked key there is but its end, of one that is gone nothing; else
 * ERR_REFUSED. One of an unknown state moves nowhere, and none enters that.
 */
enum err dkim_key_set_state(struct store *store, struct text domain, struct text selector,
    enum dkim_key_state state, int64_t now);
/* What the clock has to come to, and since when the state is said to last. */
enum err dkim_key_set_doubted(
    struct store *store, struct text domain, struct text selector, int64_t doubted, int64_t since);
enum err dkim_key_set_seen(
    struct store *store, struct text domain, struct text selector, int64_t seen, int64_t ttl_s);
/* Its successor is nobody's then, so that the selector can be given again. */
enum err dkim_key_delete(struct store *store, struct text domain, struct text selector);
