/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What would have to change in a zone, so that it holds the records that it should: pure, and the
 * only place that decides. What mailctl has not made itself is never taken away, unless it stands
 * in the way of a record of ours and the administrator says so.
 */

#include "lib/base/array.h"
#include "lib/store/dns-made.h"
#include "mailctl/dns/present.h"
#include "mailctl/domain-records.h"

enum zone_change_kind {
    ZONE_CHANGE_ADD,
    ZONE_CHANGE_DELETE,   /* made by mailctl, and no longer wanted */
    ZONE_CHANGE_REPLACE,  /* not made by mailctl, in the way, and taken over */
    ZONE_CHANGE_CONFLICT, /* the same, and not permitted: nothing may be pushed */
    ZONE_CHANGE_TTL       /* made by mailctl, and wanted with another TTL: goes and comes again */
};

/* "add", "delete", "replace", "conflict", "ttl". */
const char *zone_change_word(enum zone_change_kind kind);

struct zone_change {
    enum zone_change_kind kind;
    struct zone_record record; /* its ttl_s: as it comes, if it comes */
    struct text wire;          /* of what is taken away, and the TTL that it had */
    uint32_t ttl_before_s;
};

/* What comes, maybe in place of itself; what is taken away. */
bool zone_change_comes(const struct zone_change *change);
bool zone_change_goes(const struct zone_change *change);

struct zone_diff {
    ARRAY(struct zone_change) changes; /* first what goes, then what comes, then TTLs alone */
    bool has_conflict;
};

struct zone_diff_request {
    struct text zone;
    const struct domain_records *wanted; /* those outside of the zone are passed over */
    const struct present_list *present;  /* of the names and types in zone_diff_questions() */
    const struct dns_made_list *made;
    bool takes_over;
};

/*
 * What has to be known of the zone: the sets that ours belong to, those that mailctl has made, what
 * may not stand beside an alias, and the same of the wildcards above. In the arena; returns how
 * many.
 */
size_t zone_diff_questions(struct text zone, const struct domain_records *wanted,
    const struct dns_made_list *made, struct arena *arena, const struct dns_question **questions_r);

void zone_diff_make(const struct zone_diff_request *request, struct zone_diff *diff);
void zone_diff_done(struct zone_diff *diff);

bool zone_diff_has_deletion(const struct zone_diff *diff);
/*
 * Leaves what mailctl has made where it is when another domain wants it, too: the records of a
 * mail host serve all of its domains. One that stands in the way is treated as somebody else's.
 */
void zone_diff_spare(const struct zone_diff_request *request, const struct domain_records *others,
    struct zone_diff *diff);
/*
 * The last of it: with which TTL records come, and which are there with another one than is wanted.
 * All records of a name and type have the same TTL (RFC 2181 §5.2), which only those of a set can
 * change who have made all of it. So a set that keeps a record of somebody else's, or one of ours
 * for another domain, keeps its TTL, too, and what is added there takes it over; and so does a set
 * for whose records no TTL is wanted.
 */
void zone_diff_judge_ttls(const struct zone_diff_request *request, struct zone_diff *diff);

/*
 * What mailctl may have made once the name server was told: what it had, be it that it goes, and
 * what comes. In the arena.
 */
struct dns_made_list zone_diff_made_at_most(
    const struct zone_diff *diff, const struct dns_made_list *made, struct arena *arena);
/*
 * What of it there is: all but what the name server was asked for and does not show. What lies
 * outside of the zone was not asked for. In the arena.
 */
struct dns_made_list zone_diff_made_indeed(struct text zone, const struct dns_made_list *made,
    const struct dns_made_list *asked, const struct present_list *seen, struct arena *arena);
