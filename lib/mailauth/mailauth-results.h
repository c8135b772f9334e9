/* SPDX-License-Identifier: MIT */
#pragma once

/* A verdict as one Authentication-Results field (RFC 8601). Pure, any thread. */

#include "lib/mailauth/mailauth.h"

/*
 * In this order: iprev where the client's name is known, spf, dkim for each signature, arc where
 * the message has a chain, dmarc. No local part but that of i= is shown.
 */
struct text mailauth_results_format(const struct mailauth_rules *rules,
    const struct mailauth_facts *facts, const struct mailauth_verdict *verdict,
    struct arena *arena);
