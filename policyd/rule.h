/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The rule: so many messages and recipients per authenticated user and period.
 *
 * The life of a message. At each RCPT it is asked whether the message with one recipient more
 * would pass, and the recipients let through are remembered with the instance. That is a
 * foretaste: another restriction may still refuse the recipient, or the client go away. At DATA
 * Postfix says how many recipients it accepted; the message and these are checked together and,
 * if they pass, counted, once for each instance however often Postfix asks. A client whose DATA
 * another restriction refused may add recipients and repeat it: then those that were not counted
 * before are checked and counted. Where the service is hooked at END-OF-MESSAGE instead, the same
 * happens there. Mail of nobody who logged in, and all other stages, are none of our business.
 *
 * A pure step from state and time to a decision: no I/O, no clock. Main thread only.
 */

#include "policyd/counter.h"
#include "policyd/decision.h"
#include "policyd/instance.h"
#include "policyd/request.h"

struct rule {
    struct counter_amounts limits; /* 0: unlimited */
    int64_t period_ms;
};

/* now_ms is the counters' time, now_wall the time to be told to people. */
struct decision rule_decide(const struct rule *rule, struct counters *counters,
    struct instances *instances, const struct request *request, int64_t now_ms, int64_t now_wall);

/* The name that counts: lower case, so that Alice and alice are one. out has REQUEST_USER_MAX. */
struct text rule_user(const struct request *request, char out[REQUEST_USER_MAX]);
