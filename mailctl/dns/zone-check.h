/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The check of one domain: what the world sees of its DNS, held against the records that it should
 * have. A pure function of the answers known so far, as the engine of lib/mailauth is: either the
 * findings come out, or the names that it still needs have been noted in the tables of the view.
 */

#include "mailctl/dns/zone-view.h"
#include "mailctl/domain-records.h"
#include "mailctl/finding.h"

struct zone_check {
    const struct domain_records_request *request;
    const struct domain_records *records; /* made of the request */
    const struct zone_view *view;
    int64_t now;         /* seconds since the epoch */
    int64_t mail_life_s; /* how long mail that was signed may be under way */
};

/*
 * True where it is done; the findings are in the list, which held none before, in the order of the
 * judges. False: waiting, and the list is empty. The texts live in the arena.
 */
bool zone_check_run(
    const struct zone_check *zone_check, struct arena *arena, struct findings *findings);
