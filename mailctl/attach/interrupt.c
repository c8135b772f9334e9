/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

static volatile sig_atomic_t signal_seen;
static struct sigaction former[SIGNAL_COUNT];

static void note_signal(int number)
{
    static const char words[] =
        "\nmailctl: interrupted: a moment, until nothing is left half done\n";
    int saved = errno;

    if (signal_seen == 0)
        (void)!write(STDERR_FILENO, words, sizeof words - 1);
    signal_seen = number;
    errno = saved;
}

void interrupt_begin(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};

    signal_seen = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (sigaction(signals[i], NULL, &former[i]) == 0 && former[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

void interrupt_end(void)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &former[i], NULL);
}

bool interrupt_came(void)
{
    return signal_seen != 0;
}

/* Signals come only while it is waited, so that none comes just before and is missed. */
static int wait_once(struct pollfd *wanted, nfds_t count, int64_t left_ms)
{
    const struct timespec left = {
        .tv_sec = (time_t)(left_ms / 1000), .tv_nsec = (long)(left_ms % 1000) * 1000000};
    sigset_t blocked, usual;
    int ready = -1;

    sigemptyset(&blocked);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&blocked, signals[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, &usual);
    if (!interrupt_came())
        ready = ppoll(wanted, count, &left, &usual);
    pthread_sigmask(SIG_SETMASK, &usual, NULL);
    return ready;
}

enum err interrupt_wait(
    struct pollfd *wanted, nfds_t count, int64_t deadline_ms, struct failure *failure)
{
    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        int ready = wait_once(wanted, count, left_ms > 0 ? left_ms : 0);

        if (interrupt_came())
            return failure_set(
                failure, ERR_REFUSED, "interrupted (SIG%s)", sigabbrev_np(signal_seen));
        if (left_ms <= 0)
            return failure_set(failure, ERR_TIMEOUT, "no answer in time");
        if (ready > 0)
            return ERR_NONE;
    }
}

void interrupt_pause(int64_t ms)
{
    (void)interrupt_wait(NULL, 0, clock_monotonic_ms() + ms, NULL);
}
