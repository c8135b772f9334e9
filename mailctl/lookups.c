/* SPDX-License-Identifier: MIT */
#include "mailctl/lookups.h"

#include <sysexits.h>

#include "lib/base/clock.h"

int lookups_init(struct lookups *lookups, struct invocation *invocation)
{
    int status = EX_OK;

    lookups->answers = answers_new(invocation->arena);
    lookups->resolver = invocation_resolver(invocation, &status);
    lookups->deadline_ms = clock_monotonic_ms() + invocation_dns_timeout_ms(invocation);
    return status;
}

void lookups_fetch(struct lookups *lookups)
{
    int64_t left_ms = lookups->deadline_ms - clock_monotonic_ms();

    if (left_ms <= 0 || !resolver_answer(lookups->resolver, lookups->answers, left_ms))
        answers_give_up(lookups->answers);
}
