/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where mail to an address goes, in STORE_DIRECTORY: what gatepost-authd answers Postfix, and what
 * the milter asks to know whether a message is forwarded. Addresses are in the form of the
 * directory: local part in lower case, domain normalized.
 */

#include "lib/base/arena.h"
#include "lib/store/alias.h"
#include "lib/store/store.h"

/* Addresses that one walk looks at: what a client names costs a lookup or four each. */
#define ROUTE_ADDRESSES_MAX 5000

/*
 * What stands for an address of a domain of ours: its alias, where it is in force; the address
 * itself where it is a user's, and where that user's mail is forwarded to; both also without its
 * extension; and last the catch-all of its domain. In a domain that is an alias, the same address
 * in the domain that it stands for, where that is somebody's. *alias_r has the address of whatever
 * was found, and no targets where it is the mailbox of a user and nothing else; a mailbox that gets
 * a copy of what is forwarded is the first target, in the form that was asked for. "@domain" is
 * looked for exactly. ERR_ABSENT: nobody.
 *
 * An alias that ends leaves its address to the catch-all, which may have led to it all the time:
 * what takes an address that is not its own takes none to which it leads. So no circle comes by
 * time; others are refused when they are made (route-check.h).
 */
enum err route_find(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r);

/*
 * The same, and where nobody gets what is for postmaster or abuse (RFC 5321, 4.5.1; RFC 2142, 4) in
 * a domain of ours, the receiver does, unless it leads there itself. Not in a relay, whose own host
 * knows. receiver: an address, or empty.
 */
enum err route_find_or_role(struct store *store, struct text receiver, struct text address,
    struct arena *arena, struct alias *alias_r);

/* As route_find(), whatever leads back: for those who look for circles. */
enum err route_find_plain(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r);
/* The alias in force or the user of that very address alone, in the same way. */
enum err route_find_exact(
    struct store *store, struct text address, struct arena *arena, struct alias *alias_r);

struct route_rules {
    const struct text *local_domains; /* beside those of the directory: this host's own names */
    size_t local_domain_count;
    struct text role_receiver; /* of route_find_or_role() */
};

/*
 * ERR_NONE: mail to that domain stays here, or goes on from here as its own (a relay): one of ours
 * that is switched on. ERR_ABSENT.
 */
enum err route_is_local(
    struct store *store, const struct route_rules *rules, struct text domain, struct arena *arena);

/*
 * One way over aliases for all recipients of a message. What was found to stay here is not looked
 * at again, however many of them lead to it. Both arguments outlive it; it belongs to one thread.
 */
struct route_walk;

struct route_walk *route_walk_new(struct store *store, const struct route_rules *rules);
/* Clears the pointer; accepts a pointer to NULL. */
void route_walk_free(struct route_walk **walk);
/*
 * The first address elsewhere that mail to one of ours leads to, or that itself; in the memory of
 * the walk. ERR_ABSENT: all of it stays. ERR_LIMIT: there are more than ROUTE_ADDRESSES_MAX on the
 * way. After anything but ERR_ABSENT the walk is over.
 */
enum err route_walk_outside(struct route_walk *walk, struct text address, struct text *target_r);
