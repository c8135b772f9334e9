/* SPDX-License-Identifier: MIT */
#pragma once

/* Does a term match the client (RFC 7208 §5)? */

#include "lib/mailauth/spf-eval.h"

/* One term, counted against the limits of §4.6.4. */
enum spf_step spf_mechanism_match(struct spf_evaluation *evaluation, const struct spf_term *term);
