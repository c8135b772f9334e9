/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What large receivers ask of all senders and of bulk senders (about 5,000 letters a day), told of
 * a domain by what was found of it and of the host. What lies in the letters themselves, one-click
 * unsubscription say, cannot be seen here. Pure.
 */

#include "lib/base/arena.h"
#include "mailctl/finding.h"

/* Adds to the domain's findings: one for each receiver. */
void judge_senders(struct text domain, const struct findings *host, struct findings *findings,
    struct arena *arena);
