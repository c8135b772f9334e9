/* SPDX-License-Identifier: MIT */
#pragma once

/* The sentry (sentry.h) as policy.h asks it. The loop's thread. */

#include "authd/policy.h"
#include "authd/sentry.h"

/* The sentry stays its owner's. */
struct policy_guard policy_guard_of(struct sentry *sentry);
