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

void check_run(const struct zone_run *run, struct check_run_domain *domains, size_t count,
    check_run_done_fn *done, void *context);
