/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A primary name server inside the test process (responder.h) that has records, tells them, and
 * takes updates from anybody, whatever their conditions. What a real one would have to be coaxed
 * into it does on demand. One at a time; the test looks at it while nobody asks.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/dns/answer.h"

struct stand_in {
    const char *passes_over;   /* what comes to this name it leaves out in silence; or NULL */
    bool refuses_after_update; /* to tell anything */
    size_t updates;            /* that it has taken */
};

struct stand_in *stand_in_start(void);
void stand_in_stop(void);
/* "127.0.0.1@PORT" */
const char *stand_in_server(void);

/* Somebody else's doings: data as the wire has it. */
void stand_in_add(
    const char *owner, enum dns_type type, uint32_t ttl_s, const void *data, size_t len);
void stand_in_remove(const char *owner, enum dns_type type);
/* How many records of that name and type it has; their TTL into *ttl_s_r unless NULL. */
size_t stand_in_count(const char *owner, enum dns_type type, uint32_t *ttl_s_r);
