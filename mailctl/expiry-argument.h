/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * When something ends, as an administrator says it: "2027-01-31" (the end of that day, local time),
 * "2027-01-31T12:00:00Z", "30d" (from now; h, d, w), or "never". Pure functions.
 */

#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

#define EXPIRY_NEVER 0
/* What messages say was expected. */
#define EXPIRY_EXPECTED "a day to come like 2027-01-31, a time like 30d or 12h, or never"

/* Seconds since the epoch, or EXPIRY_NEVER. ERR_SYNTAX; ERR_RANGE: it lies behind us, or too far.
 */
enum err expiry_argument_parse(struct text text, int64_t now, int64_t *expires_r);
/*
 * The same without times from now, and whether it lies behind us or not: in a file that is read
 * more than once.
 */
enum err expiry_argument_parse_fixed(struct text text, int64_t *expires_r);
