/* SPDX-License-Identifier: MIT */
#include "mailctl/check/host-names.h"

#include "lib/base/clock.h"

static void *work(void *context)
{
    struct host_names *names = context;
    int64_t deadline_ms = clock_monotonic_ms() + names->timeout_ms;

    while (!host_judge_names(&names->check)) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();

        if (left_ms <= 0 || !resolver_answer(names->resolver, names->check.answers, left_ms))
            answers_give_up(names->check.answers);
    }
    return NULL;
}

void host_names_start(struct host_names *names)
{
    names->check.answers = answers_new(names->check.arena);
    names->is_started = pthread_create(&names->thread, NULL, work, names) == 0;
    if (!names->is_started)
        (void)work(names);
}

void host_names_join(struct host_names *names)
{
    if (names->is_started)
        pthread_join(names->thread, NULL);
    names->is_started = false;
}
