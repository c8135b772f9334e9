/* SPDX-License-Identifier: MIT */
#include "lib/service/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/memory.h"

static const int taken[] = {SIGHUP, SIGTERM, SIGINT};

#define TAKEN_COUNT (sizeof taken / sizeof *taken)

struct signals {
    struct event *event;
    signals_fn *on_signal;
    void *context;
};

/* A handler has no argument of ours: what has come, and whom to wake. */
static atomic_bool pending[TAKEN_COUNT];
static atomic_int wake_fd = -1;

static void handle(int signal)
{
    const uint64_t one = 1;
    int saved = errno;

    for (size_t i = 0; i < TAKEN_COUNT; i++)
        if (taken[i] == signal)
            atomic_store(&pending[i], true);
    if (write(atomic_load(&wake_fd), &one, sizeof one) < 0)
        errno = saved; /* full: the loop is awake already */
    errno = saved;
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    struct signals *signals = context;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof count) < 0)
        return;
    for (size_t i = 0; i < TAKEN_COUNT; i++)
        if (atomic_exchange(&pending[i], false))
            signals->on_signal(signals->context, taken[i]);
}

static void change_mask(int how)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < TAKEN_COUNT; i++)
        sigaddset(&set, taken[i]);
    pthread_sigmask(how, &set, NULL);
}

void signals_hold(void)
{
    change_mask(SIG_BLOCK);
}

void signals_release(void)
{
    change_mask(SIG_UNBLOCK);
}

/* The mask stays empty: a signal blocked for a moment would go to another thread's wait. */
static void set_handlers(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < TAKEN_COUNT; i++)
        sigaction(taken[i], &action, NULL);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

struct signals *signals_new(struct event_base *base, signals_fn *on_signal, void *context)
{
    struct signals *signals = memory_alloc_zero(1, sizeof *signals);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    signals_hold();
    signals->on_signal = on_signal;
    signals->context = context;
    atomic_store(&wake_fd, fd);
    if (fd >= 0)
        signals->event = event_new(base, fd, EV_READ | EV_PERSIST, on_wake, signals);
    if (signals->event == NULL || event_add(signals->event, NULL) != 0) {
        signals_free(&signals);
        return NULL;
    }
    set_handlers(handle);
    return signals;
}

void signals_free(struct signals **signals)
{
    int fd = atomic_exchange(&wake_fd, -1);

    if (*signals == NULL)
        return;
    signals_hold();
    if ((*signals)->event != NULL)
        event_free((*signals)->event);
    if (fd >= 0)
        close(fd);
    memory_free(signals);
}
