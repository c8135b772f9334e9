/* SPDX-License-Identifier: MIT */
#include "policyd/words.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "policyd/policyd.h"

/* Who sent last is listed; more would make everybody wait. */
#define USAGE_USERS_MAX 10000

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

/* Wall time at which one more may pass; 0: now. */
static int64_t free_at(struct policyd *policyd, struct text user, enum counter_unit unit)
{
    int64_t now_ms = policyd_now_ms(policyd), limit = policyd->rule.limits.of[unit];
    int64_t free_ms;

    if (limit == 0)
        return 0;
    free_ms = counters_free_at(policyd->counters, user, unit, 1, limit, now_ms);
    return free_ms <= now_ms ? 0 : clock_wall() + (free_ms - now_ms + 999) / 1000;
}

struct usage {
    struct policyd *policyd;
    struct buffer *answer;
};

/* The name comes last: it may hold any byte but a line break. */
static void append_usage(void *context, struct text user)
{
    struct usage *usage = context;
    struct policyd *policyd = usage->policyd;
    struct counter_amounts used = counters_used(policyd->counters, user, policyd_now_ms(policyd));

    for (int unit = 0; unit < COUNTER_UNIT_COUNT; unit++)
        buffer_append_format(usage->answer, "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t",
            used.of[unit], policyd->rule.limits.of[unit],
            free_at(policyd, user, (enum counter_unit)unit));
    buffer_append_text(usage->answer, user);
    buffer_append_string(usage->answer, "\n");
}

/* What mailctl reads; see gatepost-policyd(8). */
static enum err word_usage(void *state, struct text arguments, struct buffer *answer)
{
    struct usage usage = {state, answer};
    char space[REQUEST_USER_MAX];
    struct text user;
    enum err err = ERR_NONE;

    if (arguments.len != 0)
        err = take_user(arguments, space, &user, answer);
    if (err != ERR_NONE)
        return err;
    buffer_append_format(answer, "period_ms\t%" PRId64 "\n", usage.policyd->rule.period_ms);
    if (arguments.len != 0)
        append_usage(&usage, user);
    else
        counters_each(usage.policyd->counters, policyd_now_ms(usage.policyd), USAGE_USERS_MAX,
            append_usage, &usage);
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
    {"limits", "how much users may send",                              false, word_limits},
    {"show",   "USER: what a user has sent in the last period",        false, word_show  },
    {"usage",  "[USER]: the same for programs, of all users who sent", false, word_usage },
    {"reset",  "USER: forgets what a user has sent",                   true,  word_reset },
};
const size_t policyd_word_count = sizeof policyd_words / sizeof *policyd_words;
