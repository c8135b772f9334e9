/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libspf2 and we, on one check of SPF. Results are those of RFC 7208, "permerror" and "temperror"
 * with words behind. Two that begin with the same word agree.
 */

#include "lib/engines/difference.h"
#include "lib/mailauth/spf.h"

struct spf_difference_input {
    const struct spf_query *query;
    struct answers *answers; /* all that either side has asked for is there */
};

extern const struct difference spf_differences[];

/* A result as the table has it, of either side. */
struct text spf_difference_result(const struct spf_verdict *verdict, struct arena *arena);
