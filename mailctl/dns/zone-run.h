/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The driver of what looks at zones: a bounded number of threads, each with one job, asks the
 * resolver and the zones' own servers, wave by wave, until the job has what it wants. A job is a
 * pure function of tables of answers (zone-view.h), and is called again after each wave.
 */

#include "lib/dns/resolver.h"
#include "mailctl/dns/zone-views.h"

/* Threads wait for name servers most of the time; each holds a socket for each server it asks. */
#define ZONE_RUN_THREADS 64
/* To the resolver at once: half of what it takes where it may open files enough. */
#define ZONE_RUN_QUESTIONS 1024
/* Files that sockets and the resolver want; it takes a quarter of them for its ports. */
#define ZONE_RUN_FILES 16384

struct zone_run {
    struct resolver *resolver;
    int64_t timeout_ms; /* for each job */
    bool resolver_only; /* do not ask the zones' own servers */
    uint16_t port;      /* of those servers */
};

/*
 * Job number index: true where it is done; false where it waits for what it has noted as missing.
 * views is new for each job, and its arena lives until done was called for it. Of one thread.
 */
typedef bool zone_run_job_fn(void *context, size_t index, struct zone_views *views);
/* Called for each job, in their order, as soon as it and those before it are done. */
typedef void zone_run_done_fn(void *context, size_t index);

void zone_run(const struct zone_run *run, size_t count, zone_run_job_fn *job,
    zone_run_done_fn *done, void *context);

/* Many jobs at a time want many sockets: takes what the system permits. */
void zone_run_want_files(size_t count);
