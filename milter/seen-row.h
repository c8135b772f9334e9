/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a judged message adds to the reports about its author domain: the row for lib/store/seen.h.
 * On the session's thread, at the end of the message.
 *
 * A message gets a row where a DMARC record with rua applies to it, whether it was taken or
 * refused (RFC 9990 §3.1 counts all). None where
 *   - no record applies, or it asks for no reports: there is nobody to report to;
 *   - the record could not be looked up: whom to report to is not known;
 *   - the message was deferred: it comes again, and counts then;
 *   - it came by a relay of our own, and who gave it to that cannot be told;
 *   - it is ours (from a login, a trusted network): it is not judged at all.
 */

#include "milter/policy.h"

/* RFC 9990 §3.1.3 permits a hundred; the engine verifies ten. */
#define SEEN_ROW_SIGNATURES_MAX 20
#define SEEN_ROW_RUA_MAX 1024
/* Of names as they were sent; a DNS name has 253 bytes. */
#define SEEN_ROW_NAME_MAX 253

/* Hands the row to the passage's world, where there is one to hand over and somebody wants it. */
void seen_row_put(const struct passage *passage, const struct mailauth_verdict *verdict,
    const struct policy_outcome *outcome);
