/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A zone as it shows: what each of its name servers says, and what a resolver says of the rest of
 * the world. All come from tables of answers (dns/answers.h): what is missing there is noted, and
 * whoever drives the check fetches it. Pure functions, one thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/dns/answers.h"

/* More servers of a zone than these are not asked: 13 are the most that anybody has. */
#define ZONE_VIEW_SERVERS_MAX 13

struct zone_server {
    struct text name;
    struct ip ip;
    struct answers *answers; /* of this server alone, without recursion, aliases not followed */
};

struct zone_view {
    struct text zone;         /* where the domain's zone begins */
    struct answers *resolver; /* aliases followed */
    struct answers *kept; /* what the resolver says of names of which it is to say another thing */
    struct zone_server *servers;
    size_t server_count;
};

/* One set of records, as it was seen. */
struct zone_seen {
    const struct dns_answer *answer;
    struct text alias; /* the name is an alias of that one; empty: it is none */
    struct text odd;   /* a server that says something else; empty: none does */
};

/*
 * The servers of the zone that holds the domain, by the resolver: the nearest name at or above it
 * that has NS records, and an address of each. False: waiting. Of a name without such a zone, or
 * where nothing can be told, server_count is 0. The servers have no tables yet.
 */
bool zone_view_find(
    struct text domain, struct answers *resolver, struct arena *arena, struct zone_view *view_r);

/*
 * The records of a name. Names of the zone are asked for at each of its servers; an alias, names
 * elsewhere, and what no server can tell (it has given the name away, or is silent), at the
 * resolver. False: waiting.
 */
bool zone_view_see(const struct zone_view *view, struct text name, enum dns_type type,
    struct arena *arena, struct zone_seen *seen_r);

/* What the resolver says. NULL: waiting. */
const struct dns_answer *zone_view_resolved(
    const struct zone_view *view, struct text name, enum dns_type type);
/* From now on the resolver's table says this: for the engine, which knows no other. */
void zone_view_override(const struct zone_view *view, struct text name, enum dns_type type,
    const struct dns_answer *answer);

/*
 * The same records, in any order. Whether the name exists at all makes no difference to who asks
 * for its records.
 */
bool zone_view_is_same(const struct dns_answer *a, const struct dns_answer *b, enum dns_type type,
    struct arena *arena);
