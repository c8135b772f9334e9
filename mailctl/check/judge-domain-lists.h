/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a domain of ours is on lists of domains whose mail is refused. Pure; what is wrong with a
 * list itself is told of the host (host-judge.h), once.
 */

#include "lib/dns/answers.h"
#include "mailctl/finding.h"

/* Adds to the findings. False: waiting, names are noted in the answers. */
bool judge_domain_lists(struct text domain, const char *const *lists, size_t list_count,
    struct answers *answers, struct arena *arena, struct findings *findings);
