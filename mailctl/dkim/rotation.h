/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The walk of a domain's DKIM keys: made, published, active, retired, revoked, gone. A pure
 * function of the keys, what the DNS showed of each, the rules and the time: what each key becomes,
 * and what it waits for then. It neither reads nor writes anything; whoever drives it has looked at
 * the DNS before, and keeps the outcome.
 *
 * The life of a key. Made, it waits until every server of its zone shows it: published. It waits on
 * until nobody can hold an older answer any more, and signs: active. Where no other key of the
 * domain signs it does not wait, since what would go out meanwhile would not be signed at all. Once
 * it signs, the key that it replaces is retired. That one's record stays for as long as mail that
 * it signed may be under way, and until the DNS shows a key that signs; then the key is revoked,
 * its private part destroyed, and its record says so with an empty p= for as long again. Then it is
 * gone, and its record may go, too.
 *
 * Where the domain's zone leads two fixed names of each kind of keys to another zone, a successor
 * gets the one that is free: that no key has, or one that is gone from the DNS, too.
 *
 * A key whose state a later version wrote is left to that.
 *
 * What the DNS does not tell moves no key. A record that is taken out again takes a published key
 * back; a key that signs goes on signing, for its mail is no worse off than without a signature.
 */

#include "lib/store/dkim-key.h"

/* Longer than this no cache keeps an answer (RFC 8767 §4), whatever its TTL. */
#define ROTATION_TTL_MAX_S ((int64_t)7 * 86400)

/* What the servers of the zone show under the name of a key. */
enum rotation_sight {
    ROTATION_UNSEEN,  /* nobody has looked */
    ROTATION_UNKNOWN, /* one of them could not tell */
    ROTATION_NOTHING, /* all of them: no record */
    ROTATION_KEY,     /* all of them: this key, alone */
    ROTATION_REVOKED, /* all of them: an empty p= */
    ROTATION_OTHER,   /* all of them: something else */
    ROTATION_MIXED    /* they do not say the same */
};

struct rotation_look {
    enum rotation_sight sight;
    uint32_t ttl_s; /* the longest of what was seen, "no such record" included */
};

struct rotation_rules {
    int64_t rotate_after_s; /* an active key of that age gets a successor; 0: none does by age */
    int64_t queue_life_s;   /* how long signed mail may be under way */
    bool begin;             /* each active key gets a successor, whatever its age */
    bool is_delegated;      /* successors get names that take turns (dkim-delegation.h) */
    bool force;             /* keys sign whether the DNS shows them or not */
};

enum rotation_wait {
    ROTATION_WAITS_NOT,            /* for nothing */
    ROTATION_WAITS_FOR_AGE,        /* active, until it is old enough for a successor */
    ROTATION_WAITS_FOR_SUCCESSOR,  /* active, until another key takes its place */
    ROTATION_WAITS_FOR_NAME,       /* active, until a name is free for its successor */
    ROTATION_WAITS_FOR_RECORD,     /* its record is to be published */
    ROTATION_WAITS_FOR_CORRECTION, /* the DNS shows something else than its record */
    ROTATION_WAITS_FOR_SERVERS,    /* some servers show it, some do not yet */
    ROTATION_WAITS_FOR_ANSWER,     /* the DNS could not be asked */
    ROTATION_WAITS_FOR_CACHES,     /* published, until no older answer is kept anywhere */
    ROTATION_WAITS_FOR_MAIL,       /* retired, until what it signed has arrived */
    ROTATION_WAITS_FOR_SIGNER,     /* retired, and the DNS shows no key that signs */
    ROTATION_WAITS_FOR_REVOCATION, /* revoked, and the record still has the key */
    ROTATION_WAITS_FOR_NOTICE,     /* revoked, until everybody may have seen that */
    ROTATION_WAITS_FOR_REMOVAL     /* gone, and there still is a record */
};

/* "caches": stable, for programs. Empty where nothing is awaited. */
const char *rotation_wait_word(enum rotation_wait wait);
/* Somebody has to do something to the DNS. */
bool rotation_wait_is_for_people(enum rotation_wait wait);

struct rotation_step {
    struct dkim_key key; /* with the state, its times and ttl_s as they are to be */
    enum rotation_wait wait;
    int64_t until;        /* when the wait is over, if it is one for a time; else 0 */
    bool needs_successor; /* a key is to be made that replaces this one */
};

/* Whether what the DNS shows of the key makes a difference to what becomes of it. */
bool rotation_needs_look(const struct dkim_key_list *keys, const struct dkim_key *key);

/*
 * One step for each key of the list, which is that of one domain, with the looks in its order.
 * Times after now become now, in the steps, too, and are kept as doubted: a clock that goes back
 * and forth destroys no key early.
 */
void rotation_walk(const struct dkim_key_list *keys, const struct rotation_look *looks,
    const struct rotation_rules *rules, int64_t now, struct rotation_step *steps);
