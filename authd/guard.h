/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who guesses passwords. Every attempt to log in is judged before its password is looked at, and
 * noted when it was wrong:
 *
 *   account    different wrong passwords that strangers gave for one account
 *   accounts   different accounts for which one network gave a wrong password
 *   unknown    those among them that do not exist: nobody errs in that so often
 *   wide       as "accounts", of the larger network around it
 *
 * The network of an IPv4 client is its /24, that of an IPv6 client its /64, and the larger one its
 * /56. Nothing is counted of a loopback network: there everybody's webmail is. Each count has a
 * limit for an hour and one for a day. The same wrong password again, by which a forgotten
 * telephone asks each minute, is no further one.
 *
 * Over a limit strangers are refused for the time being, whether their password is right or wrong:
 * nobody is told that a right one is wrong, and nobody learns from the answer. An owner is no
 * stranger in a network from which the account was used before (the caller knows which those are):
 * there nothing counts but
 *
 *   own        different wrong passwords for that account from that network
 *
 * so that no stranger keeps an owner out. The account's own count is the same whether it exists or
 * not. "unknown" is not: who spends nearly all of a network's tries for an hour on invented names
 * learns by the next one whether it exists. Its limit, like all, is one for a network and an hour.
 *
 * Nothing here touches the disk, and nothing waits: a refused attempt is answered at once. Times
 * are seconds since the epoch, given by the caller. One thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"
#include "lib/base/text.h"

/* Different ones in that time; 0: as many as there are. At most RECENT_MAX. */
struct guard_limit {
    unsigned hour, day;
};

enum guard_count {
    GUARD_ACCOUNT,
    GUARD_ACCOUNTS,
    GUARD_UNKNOWN,
    GUARD_WIDE,
    GUARD_OWN,
    GUARD_COUNTS
};

/* The word for it in logs and settings: "account". */
const char *guard_count_word(enum guard_count count);
/* False where it is no such word. */
bool guard_count_parse(struct text word, enum guard_count *count_r);

struct guard_rules {
    struct guard_limit limits[GUARD_COUNTS];
    /* Networks that are never refused and never counted; and those that always are refused. */
    const struct ip_network *allowed, *blocked;
    size_t allowed_count, blocked_count;
};

struct guard_attempt {
    struct text account; /* the address, folded; as given where it is none */
    bool exists;         /* for guard_note_wrong() */
    struct ip client;    /* IP_NONE: no network is judged or noted */
    bool is_known;       /* the account was used from that network before */
};

enum guard_ground {
    GUARD_FREE,       /* nothing is against it */
    GUARD_OVER_LIMIT, /* see count */
    GUARD_IS_ALLOWED, /* by the list, whatever else there is */
    GUARD_IS_BLOCKED  /* by the list */
};

struct guard_verdict {
    bool is_refused;
    enum guard_ground ground;
    /* How much of its limit the count has reached that is nearest to it, or farthest beyond. */
    unsigned percent;
    /* For GUARD_OVER_LIMIT alone. */
    enum guard_count count;
    unsigned limit;
    int64_t window_s;
    int64_t until;             /* when it ends, if nothing is added */
    struct ip_network network; /* whose count it is; of GUARD_ACCOUNT: the client's */
};

/* One thing that was noted: what a guard is made of, for who keeps it beyond the process. */
struct guard_mark {
    enum guard_count count;
    struct text account;       /* of GUARD_ACCOUNT and GUARD_OWN, else empty */
    struct ip_network network; /* of all but GUARD_ACCOUNT, which has none */
    uint32_t hash;
    int64_t at;
};

/* The texts are valid during the call only. */
typedef void guard_noted_fn(void *context, const struct guard_mark *mark);

#define GUARD_KEY_BYTES 16

struct guard;

/* Accounts and networks that it remembers at most: 1 at least. The rules stay the caller's. */
struct guard *guard_new(const struct guard_rules *rules, size_t accounts_max, size_t networks_max);
void guard_free(struct guard **guard);
/* Rules of a reload: they hold for what was noted before, too. */
void guard_set_rules(struct guard *guard, const struct guard_rules *rules);
/* What hashes are keyed with: random at first. Marks of another key mean nothing. */
void guard_set_key(struct guard *guard, const unsigned char key[GUARD_KEY_BYTES]);
const unsigned char *guard_key(const struct guard *guard);
/* Told of all that is noted from now on. */
void guard_on_noted(struct guard *guard, guard_noted_fn *on_noted, void *context);
/* Puts back what was noted before: marks in the order of their times, and before any other. */
void guard_recall(struct guard *guard, const struct guard_mark *mark);

/* What becomes of it. Of several limits that are passed it is the one that ends last. */
struct guard_verdict guard_judge(
    struct guard *guard, const struct guard_attempt *attempt, int64_t now);
/* The password was wrong, or there is no such account. Keeps a keyed hash of the password. */
void guard_note_wrong(
    struct guard *guard, const struct guard_attempt *attempt, struct text password, int64_t now);
/* The same for who cannot keep the password until then: guard_hash() of it, or bits of that. */
void guard_note_wrong_hash(
    struct guard *guard, const struct guard_attempt *attempt, uint32_t hash, int64_t now);
uint32_t guard_hash(const struct guard *guard, struct text text);

/* Where a count stands. */
struct guard_standing {
    enum guard_count count;
    struct text account; /* as of struct guard_mark */
    struct ip_network network;
    unsigned hour, day; /* different ones in that time */
    struct guard_limit limit;
    int64_t until; /* when it is over the limit no more, if nothing is added; 0: it is not */
};

typedef void guard_visit_fn(void *context, const struct guard_standing *standing);
/* Visits what is counted of at most max accounts, owners and networks each, the latest first. */
void guard_each(struct guard *guard, int64_t now, size_t max, guard_visit_fn *visit, void *context);

/* Forgets what is noted of an account, or of the client's networks. False: nothing was. */
bool guard_forget_account(struct guard *guard, struct text account);
bool guard_forget_network(struct guard *guard, const struct ip *client);
/* To be called now and then: gives up the room of what no limit counts any more. */
void guard_expire(struct guard *guard, int64_t now);

/* The network by which a client is known: /24 or /64. */
struct ip_network guard_network_of(const struct ip *client);
/* All that are counted of it: that one, and of IPv6 the larger one. Returns how many. */
#define GUARD_NETWORKS_MAX 2
size_t guard_networks_of(const struct ip *client, struct ip_network networks_r[GUARD_NETWORKS_MAX]);
