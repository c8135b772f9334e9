/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libopendmarc and we, on one author domain with a record. Results are "pass", "fail p=reject" (or
 * another policy, as it is to be followed), "temperror", "permerror", and "unread" of the library.
 */

#include "lib/engines/difference.h"
#include "lib/engines/libopendmarc-call.h"
#include "lib/mailauth/dmarc.h"

struct dmarc_difference_input {
    const struct dmarc_query *query;
    const struct dmarc_verdict *ours;
};

extern const struct difference dmarc_differences[];

struct text dmarc_difference_ours(const struct dmarc_verdict *verdict, struct arena *arena);
struct text dmarc_difference_theirs(enum libopendmarc_word word);
