/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libopendkim and we, on one signature. Results are RFC 6376's words, "success", "permfail REASON"
 * and "tempfail REASON". Two that begin with the same word agree.
 */

#include "lib/engines/difference.h"
#include "lib/engines/libopendkim.h"

struct dkim_difference_input {
    const struct header_field *fields; /* of the message */
    size_t field_count;
    size_t index; /* of the signature */
    struct text body;
    const struct answers *answers; /* with its key */
    int64_t now;
};

extern const struct difference dkim_differences[];

/* The two results as the table has them. */
struct text dkim_difference_ours(const struct signature_verdict *verdict, struct arena *arena);
struct text dkim_difference_theirs(const struct libopendkim_opinion *opinion, struct arena *arena);
