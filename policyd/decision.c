/* SPDX-License-Identifier: MIT */
#include "policyd/decision.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "policyd/request.h"

const char *decision_unit_name(enum counter_unit unit, int64_t amount)
{
    static const char *const names[COUNTER_UNIT_COUNT][2] = {
        [COUNTER_MESSAGES] = {"message",   "messages"  },
        [COUNTER_RECIPIENTS] = {"recipient", "recipients"},
    };

    return names[unit][amount != 1];
}

void decision_format_period(int64_t period_ms, struct buffer *out)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {
        {86400000, "d" },
        {3600000,  "h" },
        {60000,    "m" },
        {1000,     "s" },
        {1,        "ms"},
    };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (period_ms % units[i].ms == 0) {
            buffer_append_format(out, "%" PRId64 "%s", period_ms / units[i].ms, units[i].name);
            return;
        }
}

static void append_when(const struct decision *decision, struct buffer *out)
{
    char when[CLOCK_TEXT_MAX];

    if (decision->free_at_wall < 0) {
        buffer_append_format(out, "; this message needs %" PRId64 " %s: send it in parts",
            decision->asked, decision_unit_name(decision->unit, decision->asked));
        return;
    }
    clock_format_local(decision->free_at_wall, when);
    buffer_append_format(out, "; try again after %s", when);
}

/*
 * The login name goes back to the client that gave it, in a protocol of lines: what could end one
 * is written as \xHH.
 */
void decision_format_answer(const struct decision *decision, struct text user, struct buffer *out)
{
    char safe[REQUEST_USER_MAX * 4 + 1];

    if (decision->action == DECISION_DUNNO) {
        buffer_append_string(out, "action=DUNNO\n\n");
        return;
    }
    buffer_append_format(out, "action=450 4.7.1 Sending limit of %s reached: %" PRId64 " %s in ",
        log_safe(user.data, user.len, safe, sizeof safe), decision->limit,
        decision_unit_name(decision->unit, decision->limit));
    decision_format_period(decision->period_ms, out);
    buffer_append_format(out, ", used %" PRId64, decision->used);
    append_when(decision, out);
    buffer_append_string(out, "\n\n");
}
