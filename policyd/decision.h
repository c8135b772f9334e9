/* SPDX-License-Identifier: MIT */
#pragma once

/* What Postfix is answered, as facts and as text. Plain values, any thread. */

#include "lib/base/buffer.h"
#include "policyd/counter.h"

enum decision_action {
    DECISION_DUNNO, /* no objection from here */
    DECISION_DEFER  /* 450 4.7.1: the limit is reached */
};

struct decision {
    enum decision_action action;
    /* For DECISION_DEFER: */
    enum counter_unit unit;
    int64_t limit, used, asked;
    int64_t period_ms;
    int64_t free_at_wall; /* seconds since the epoch; -1: never, what was asked is over the limit */
};

const char *decision_unit_name(enum counter_unit unit, int64_t amount);
/* Appends the answer with its end: "action=DUNNO\n\n". */
void decision_format_answer(const struct decision *decision, struct text user, struct buffer *out);
/* Appends "90m", "1h": a period as it would stand in the configuration. */
void decision_format_period(int64_t period_ms, struct buffer *out);
