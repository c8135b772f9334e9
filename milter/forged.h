/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Fields that only we may write, found in a message that somebody else sent: result fields with
 * our authserv-id (RFC 8601 §5), however they are spelt, and our own fields. They are counted as
 * the header goes by and removed at its end. Lives in the message's arena; one thread at a time.
 */

#include "lib/mailauth/header.h"
#include "milter/reply.h"

/* What a Sieve script files into Junk. */
#define FORGED_ACTION_FIELD "X-Gatepost-Action"
/* What else readers should know: "own-domain", mail in our name that is not from us. */
#define FORGED_WARNING_FIELD "X-Gatepost-Warning"
#define FORGED_RESULTS_FIELD "Authentication-Results"

struct forged;

struct forged *forged_new(struct text authserv_id, struct arena *arena);
/* Every field of the message, in its order: indices are counted over all of the same name. */
void forged_field(struct forged *forged, const struct header_field *field);
size_t forged_count(const struct forged *forged);
/* Adds the removals, the last first, so that each index still means what it meant. */
void forged_remove(const struct forged *forged, struct reply *reply);
