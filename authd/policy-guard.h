/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The guard (guard.h) as policy.h asks it: one of its own, for accounts that gatepost-authd does
 * not verify. The loop's thread.
 */

#include "authd/policy.h"

/* Makes one; policy_guard_done() ends it. */
struct policy_guard policy_guard_new(void);
void policy_guard_done(struct policy_guard *guard);
