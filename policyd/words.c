/* SPDX-License-Identifier: MIT */
#include "policyd/words.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "policyd/policyd.h"

static void append_limit(int64_t limit, struct buffer *answer)
{
    if (limit == 0)
        buffer_append_string(answer, "unlimited");
    else
        buffer_append_format(answer, "%" PRId64, limit);
}

static enum err word_limits(void *state, struct text arguments, struct buffer *answer)
{
    const struct policyd *policyd = state;

    (void)arguments;
    for (int unit = 0; unit < COUNTER_UNIT_COUNT; unit++) {
        buffer_append_format(answer, "%s: ", decision_unit_name((enum counter_unit)unit, 2));
        append_limit(policyd->rule.limits.of[unit], answer);
        buffer_append_string(answer, "\n");
    }
    buffer_append_string(answer, "period: ");
    decision_format_period(policyd->rule.period_ms, answer);
    buffer_append_string(answer, "\n");
    return ERR_NONE;
}

/* The name as it is counted; ERR_SYNTAX with the reason where none was given. */
static enum err take_user(
    struct text arguments, char space[REQUEST_USER_MAX], struct text *user_r, struct buffer *answer)
{
    const struct request request = {.user = arguments};

    if (arguments.len == 0 || arguments.len > REQUEST_USER_MAX) {
        buffer_append_string(answer, "expected the name of a user");
        return ERR_SYNTAX;
    }
    *user_r = rule_user(&request, space);
    return ERR_NONE;
}

static void append_unit(
    struct policyd *policyd, struct text user, enum counter_unit unit, struct buffer *answer)
{
    int64_t now_ms = policyd_now_ms(policyd), limit = policyd->rule.limits.of[unit];
    int64_t used = counters_used(policyd->counters, user, now_ms).of[unit];
    char when[CLOCK_TEXT_MAX];

    buffer_append_format(answer, "%s: used %" PRId64 ", limit ", decision_unit_name(unit, 2), used);
    append_limit(limit, answer);
    if (limit != 0 && used < limit)
        buffer_append_format(answer, ", left %" PRId64, limit - used);
    if (limit != 0 && used >= limit) {
        int64_t free_ms = counters_free_at(policyd->counters, user, unit, 1, limit, now_ms);

        clock_format_local(clock_wall() + (free_ms - now_ms + 999) / 1000, when);
        buffer_append_format(answer, ", free after %s", when);
    }
    buffer_append_string(answer, "\n");
}

static enum err word_show(void *state, struct text arguments, struct buffer *answer)
{
    struct policyd *policyd = state;
    char space[REQUEST_USER_MAX];
    struct text user;
    enum err err = take_user(arguments, space, &user, answer);

    if (err != ERR_NONE)
        return err;
    for (int unit = 0; unit < COUNTER_UNIT_COUNT; unit++)
        append_unit(policyd, user, (enum counter_unit)unit, answer);
    return ERR_NONE;
}

static enum err word_reset(void *state, struct text arguments, struct buffer *answer)
{
    struct policyd *policyd = state;
    char space[REQUEST_USER_MAX];
    struct text user;
    enum err err = take_user(arguments, space, &user, answer);

    if (err != ERR_NONE)
        return err;
    if (!counters_reset(policyd->counters, user)) {
        buffer_append_string(answer, "nothing is counted for that user");
        return ERR_ABSENT;
    }
    log_info(NULL, "user=%.*s action=reset: what was sent is forgotten", TEXT_ARGS(user));
    policyd_schedule_save(policyd);
    return ERR_NONE;
}

const struct service_word policyd_words[] = {
    {"limits", "how much users may send",                       false, word_limits},
    {"show",   "USER: what a user has sent in the last period", false, word_show  },
    {"reset",  "USER: forgets what a user has sent",            true,  word_reset },
};
const size_t policyd_word_count = sizeof policyd_words / sizeof *policyd_words;
