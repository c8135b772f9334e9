/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Checks of many domains at a time (zone-check.h), driven by zone-run.h. What is asked of the
 * directory and the keys has been read before.
 */

#include "mailctl/dns/zone-check.h"
#include "mailctl/dns/zone-run.h"

struct check_run_domain {
    struct domain_records_request request;
    struct domain_records records;
    int64_t mail_life_s;      /* zone-check.h */
    struct findings findings; /* filled; end with findings_done() */
};

/*
 * Called for each domain, in their order, as soon as it and those before it are done. The texts in
 * the findings are there until it returns.
 */
typedef void check_run_done_fn(void *context, struct check_run_domain *domain);

/*
 * A judge of the caller's beside those of zone-check.h, which adds to the findings. It runs in
 * threads, several at a time. False: it waits for what it has noted in the resolver's answers.
 */
typedef bool check_run_judge_fn(void *context, const struct check_run_domain *domain,
    struct answers *resolver, struct arena *arena, struct findings *findings);

/* judge NULL: there is none. */
void check_run(const struct zone_run *run, struct check_run_domain *domains, size_t count,
    check_run_judge_fn *judge, check_run_done_fn *done, void *context);
