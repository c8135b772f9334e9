/* SPDX-License-Identifier: MIT */
#include "authd/policy-guard.h"

#include "lib/base/clock.h"

#define ACCOUNTS_MAX 20000
#define NETWORKS_MAX 20000

static const struct guard_rules rules = {
    .limits = {
               [GUARD_ACCOUNT] = {20, 60},
               [GUARD_ACCOUNTS] = {10, 40},
               [GUARD_UNKNOWN] = {5, 15},
               [GUARD_WIDE] = {30, 100},
               [GUARD_OWN] = {20, 60},
               }
};

static struct guard_verdict judge(void *context, struct text account, const struct ip *client)
{
    const struct guard_attempt attempt = {.account = account, .exists = true, .client = *client};

    return guard_judge(context, &attempt, clock_wall());
}

static void note_wrong(
    void *context, struct text account, bool exists, const struct ip *client, struct text password)
{
    const struct guard_attempt attempt = {.account = account, .exists = exists, .client = *client};

    guard_note_wrong(context, &attempt, password, clock_wall());
}

struct policy_guard policy_guard_new(void)
{
    return (struct policy_guard){
        .context = guard_new(&rules, ACCOUNTS_MAX, NETWORKS_MAX),
        .judge = judge,
        .note_wrong = note_wrong,
    };
}

void policy_guard_done(struct policy_guard *guard)
{
    struct guard *own = guard->context;

    guard_free(&own);
    guard->context = NULL;
}
