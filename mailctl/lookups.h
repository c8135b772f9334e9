/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The DNS of a command that asks the engine: waves are fetched one after the other, within one
 * deadline, until the engine has its result.
 *
 *     while (spf_check(..., lookups.answers, ...) == AUTH_WAITING)
 *         lookups_fetch(&lookups);
 */

#include "lib/dns/resolver.h"
#include "mailctl/invocation.h"

struct lookups {
    struct answers *answers; /* in the invocation's arena */
    struct resolver *resolver;
    int64_t deadline_ms;
};

/* EX_OK, or the exit status after the complaint. */
int lookups_init(struct lookups *lookups, struct invocation *invocation);
/* Fetches what is missing; when there is no time left, that becomes a temporary failure. */
void lookups_fetch(struct lookups *lookups);
