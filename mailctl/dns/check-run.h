/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Checks of many domains at a time (zone-check.h): a bounded number of threads, each with one
 * domain, asks the resolver and the zones' own servers, wave by wave. What is asked of the
 * directory and the keys has been read before.
 */

#include "lib/dns/resolver.h"
#include "mailctl/dns/zone-check.h"

/* Threads wait for name servers most of the time; each holds a socket for each server it asks. */
#define CHECK_RUN_THREADS 64
/* To the resolver at once: half of what it takes where it may open files enough. */
#define CHECK_RUN_QUESTIONS 1024
/* Files that sockets and the resolver want; it takes a quarter of them for its ports. */
#define CHECK_RUN_FILES 16384

struct check_run_domain {
    struct domain_records_request request;
    struct domain_records records;
    struct findings findings; /* filled; end with findings_done() */
    struct arena *arena;      /* of the texts in them; end with arena_free() */
};

struct check_run {
    struct resolver *resolver;
    int64_t timeout_ms; /* for each domain */
    bool resolver_only; /* do not ask the zones' own servers */
    uint16_t port;      /* of those servers */
};

/* Called for each domain, in their order, as soon as it and those before it are done. */
typedef void check_run_done_fn(void *context, struct check_run_domain *domain);

void check_run(const struct check_run *run, struct check_run_domain *domains, size_t count,
    check_run_done_fn *done, void *context);
