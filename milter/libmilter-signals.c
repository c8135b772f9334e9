/* SPDX-License-Identifier: MIT */
#include "milter/libmilter-signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

static _Atomic unsigned kept;

unsigned libmilter_signals_kept(void)
{
    return kept;
}

static bool is_libmilters(const sigset_t *set)
{
    for (int number = 1; number < NSIG; number++) {
        bool wanted = number == SIGHUP || number == SIGTERM || number == SIGINT;

        if ((sigismember(set, number) == 1) != wanted)
            return false;
    }
    return true;
}

static void wait_for_nothing(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    kept++;
    for (;;)
        pause();
}

int sigwait(const sigset_t *restrict set, int *restrict number_r)
{
    int number;

    if (is_libmilters(set))
        wait_for_nothing();
    do
        number = sigwaitinfo(set, NULL);
    while (number < 0 && errno == EINTR);
    if (number < 0)
        return errno;
    *number_r = number;
    return 0;
}
