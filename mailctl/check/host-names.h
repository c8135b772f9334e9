/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the DNS says of the host, asked in waves in a thread of its own while other things are
 * looked at. Started and joined by one thread, which owns it.
 */

#include <pthread.h>

#include "lib/dns/resolver.h"
#include "mailctl/check/host-judge.h"

struct host_names {
    struct host_check check; /* arena and answers are its own from start to join */
    struct resolver *resolver;
    int64_t timeout_ms;
    pthread_t thread;
    bool is_started;
};

/* Fill check (host, both kinds of blocklists, arena, findings), resolver and timeout_ms before. */
void host_names_start(struct host_names *names);
/* Waits for it; the findings are there then. */
void host_names_join(struct host_names *names);
