/* SPDX-License-Identifier: MIT */
#pragma once

/* What gatepost-authd counts, for the control word "metrics". Any thread. */

#include "lib/service/metrics.h"

extern struct metric authd_logins_ok, authd_logins_mismatch, authd_logins_unknown,
    authd_logins_disabled, authd_logins_temporary;
extern struct metric authd_lookups_found, authd_lookups_absent, authd_lookups_failed;
/* Answers of the auth policy other than "go on", and failures that its reports counted. */
extern struct metric authd_policy_delayed, authd_policy_refused, authd_policy_counted;
extern struct metric authd_malformed;
extern struct metric authd_rehashes;
extern struct metric authd_proven;
extern struct metric authd_refused_queue, authd_refused_share, authd_refused_guessing;
extern struct metric authd_connections_refused;

void authd_metrics_register(void);
