/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Fields that only we and our own relays may write, found in a message that somebody else sent:
 * result fields with our authserv-id or a relay's (RFC 8601 §5), however they are spelt, and our
 * own fields. They are counted as the header goes by and removed at its end, but for those that
 * turn out to be a relay's own. Lives in the message's arena; one thread at a time.
 */

#include "lib/mailauth/header.h"
#include "milter/reply.h"

/* What a Sieve script files into Junk. */
#define FORGED_ACTION_FIELD "X-Gatepost-Action"
/* What else readers should know: "own-domain", mail in our name that is not from us. */
#define FORGED_WARNING_FIELD "X-Gatepost-Warning"
#define FORGED_RESULTS_FIELD "Authentication-Results"

struct forged;
struct forged_claim; /* a field to remove */

/* relay_ids: NULL-terminated, or NULL; it outlives this. */
struct forged *forged_new(
    struct text authserv_id, const char *const *relay_ids, struct arena *arena);
/*
 * Every field of the message, in its order: indices are counted over all of the same name. NULL
 * where the field may stay.
 */
struct forged_claim *forged_field(struct forged *forged, const struct header_field *field);
/* It is a relay's own: it stays, unless it has our own name. */
void forged_spare(struct forged_claim *claim);
/* Those that are removed. */
size_t forged_count(const struct forged *forged);
/* Adds the removals, the last first, so that each index still means what it meant. */
void forged_remove(const struct forged *forged, struct reply *reply);
