/* SPDX-License-Identifier: MIT */
#include "policyd/rule.h"

struct text rule_user(const struct request *request, char out[REQUEST_USER_MAX])
{
    size_t len = request->user.len < REQUEST_USER_MAX ? request->user.len : REQUEST_USER_MAX;

    if (len != 0)
        memcpy(out, request->user.data, len);
    text_lower_bytes(out, len);
    return text_from_bytes(out, len);
}

static const struct decision no_objection = {.action = DECISION_DUNNO};

/* Seconds are told to people: the next full one, so that it is not too early. */
static int64_t wall_of(int64_t at_ms, int64_t now_ms, int64_t now_wall)
{
    return at_ms < 0 ? -1 : now_wall + (at_ms - now_ms + 999) / 1000;
}

/* Whether the amounts would pass now: no objection, or the unit that stands longest against it. */
static struct decision check(const struct rule *rule, struct counters *counters, struct text user,
    const struct counter_amounts *asked, int64_t now_ms, int64_t now_wall)
{
    struct decision decision = no_objection;
    struct counter_amounts used = counters_used(counters, user, now_ms);
    int64_t latest_ms = now_ms;

    for (int unit = 0; unit < COUNTER_UNIT_COUNT; unit++) {
        int64_t limit = rule->limits.of[unit], free_ms;

        if (limit == 0 || asked->of[unit] == 0 || used.of[unit] + asked->of[unit] <= limit)
            continue;
        free_ms = counters_free_at(
            counters, user, (enum counter_unit)unit, asked->of[unit], limit, now_ms);
        if (free_ms >= 0 && (latest_ms < 0 || free_ms <= latest_ms))
            continue;
        latest_ms = free_ms;
        decision = (struct decision){.action = DECISION_DEFER,
            .unit = (enum counter_unit)unit,
            .limit = limit,
            .used = used.of[unit],
            .asked = asked->of[unit],
            .period_ms = rule->period_ms,
            .free_at_wall = wall_of(free_ms, now_ms, now_wall)};
    }
    return decision;
}

/*
 * What the instance with so many recipients adds to what was counted for it. A client may go on
 * after a refused DATA, name more recipients and repeat it: these are new, the message is not.
 */
static struct counter_amounts not_counted(const struct instance *instance, int64_t recipients)
{
    int64_t more = recipients - instance->counted_recipients;

    return (struct counter_amounts){
        .of = {[COUNTER_MESSAGES] = instance->counted ? 0 : 1,
               [COUNTER_RECIPIENTS] = more > 0 ? more : 0}
    };
}

static struct decision decide_recipient(const struct rule *rule, struct counters *counters,
    struct text user, struct instance *instance, int64_t now_ms, int64_t now_wall)
{
    const struct counter_amounts asked = not_counted(instance, instance->recipients + 1);
    struct decision decision = check(rule, counters, user, &asked, now_ms, now_wall);

    if (decision.action == DECISION_DUNNO)
        instance->recipients++;
    return decision;
}

static struct decision decide_message(const struct rule *rule, struct counters *counters,
    struct text user, struct instance *instance, const struct request *request, int64_t now_ms,
    int64_t now_wall)
{
    const struct counter_amounts asked = not_counted(instance, (int64_t)request->recipient_count);
    struct decision decision = check(rule, counters, user, &asked, now_ms, now_wall);

    if (decision.action != DECISION_DUNNO)
        return decision;
    if (asked.of[COUNTER_MESSAGES] != 0 || asked.of[COUNTER_RECIPIENTS] != 0)
        counters_add(counters, user, &asked, now_ms);
    instance->counted = true;
    instance->counted_recipients += asked.of[COUNTER_RECIPIENTS];
    return decision;
}

struct decision rule_decide(const struct rule *rule, struct counters *counters,
    struct instances *instances, const struct request *request, int64_t now_ms, int64_t now_wall)
{
    char space[REQUEST_USER_MAX];
    struct text user = rule_user(request, space);
    struct instance *instance;

    if (user.len == 0 || request->instance.len == 0 || request->stage == REQUEST_AT_OTHER)
        return no_objection;
    instance = instances_get(instances, request->instance, now_ms);
    if (request->stage == REQUEST_AT_RCPT)
        return decide_recipient(rule, counters, user, instance, now_ms, now_wall);
    return decide_message(rule, counters, user, instance, request, now_ms, now_wall);
}
