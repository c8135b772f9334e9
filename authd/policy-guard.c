/* SPDX-License-Identifier: MIT */
#include "authd/policy-guard.h"

static struct guard_verdict judge(void *context, struct text account, const struct ip *client)
{
    struct sentry_attempt attempt = sentry_meet(context, account, true, client);

    return sentry_judge(context, &attempt);
}

static void note_wrong(
    void *context, struct text account, bool exists, const struct ip *client, struct text password)
{
    struct sentry_attempt attempt = sentry_meet(context, account, exists, client);

    sentry_note_wrong(context, &attempt, sentry_mark(context, password));
}

static void note_right(
    void *context, struct text account, const struct ip *client, struct text service)
{
    struct sentry_attempt attempt = sentry_meet(context, account, true, client);

    sentry_note_right(context, &attempt, service, 0);
}

struct policy_guard policy_guard_of(struct sentry *sentry)
{
    return (struct policy_guard){sentry, judge, note_wrong, note_right};
}
