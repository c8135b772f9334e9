/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * gatepost-policyd: answers Postfix's policy requests with the limits of who sends how much.
 *
 * The life of a request. Postfix's smtpd connects and sends the facts of an SMTP command as lines
 * (connection.h cuts them out, request.h reads them). The rule (rule.h) asks the counters
 * (counter.h) what the user has sent in the last period and what this message has had so far
 * (instance.h), and decides (decision.h): DUNNO, or 450 with limit, used and when it frees, and
 * then a line in the log. What was counted goes to the limits database within a second
 * (counter-sqlite.h), from a thread that nobody waits for.
 *
 * All but that thread's work is one event loop on the main thread.
 */

#include "lib/service/service.h"
#include "policyd/counter.h"
#include "policyd/rule.h"

struct connections;
struct counter_sqlite;

struct policyd {
    struct service *service;
    struct rule rule;
    struct counters *counters;
    struct instances *instances;
    struct counter_sqlite *keeper;
    struct connections *connections;
    struct event *save, *sweep;
    int64_t wall_ms, monotonic_ms; /* taken together at start; see policyd_now_ms() */
    int64_t last_save_ms;
};

enum err policyd_start(struct service *service, void **state_r, struct failure *failure);
enum err policyd_reload(void *state, const struct settings *settings, struct failure *failure);
void policyd_drain(void *state);
void policyd_stop(void **state);

/* The counters' time: that of the wall at start, going on evenly whatever the wall does since. */
int64_t policyd_now_ms(const struct policyd *policyd);
/* Sees to it that what has changed is saved within a second. */
void policyd_schedule_save(struct policyd *policyd);
