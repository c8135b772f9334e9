/* SPDX-License-Identifier: MIT */
#include "lib/base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static atomic_bool test_clock;
static _Atomic int64_t test_wall;
static _Atomic int64_t test_monotonic_ms;

int64_t clock_wall(void)
{
    struct timespec now;

    if (atomic_load_explicit(&test_clock, memory_order_acquire))
        return test_wall;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;

    if (atomic_load_explicit(&test_clock, memory_order_acquire))
        return test_wall * 1000;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
    struct timespec now;

    if (atomic_load_explicit(&test_clock, memory_order_acquire))
        return test_monotonic_ms;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_test_set(int64_t wall, int64_t monotonic_ms)
{
    test_wall = wall;
    test_monotonic_ms = monotonic_ms;
    atomic_store_explicit(&test_clock, true, memory_order_release);
}

void clock_test_release(void)
{
    atomic_store_explicit(&test_clock, false, memory_order_release);
}

static void clock_format(const struct tm *parts, const char *format, char text_r[CLOCK_TEXT_MAX])
{
    if (parts == NULL || strftime(text_r, CLOCK_TEXT_MAX, format, parts) == 0)
        snprintf(text_r, CLOCK_TEXT_MAX, "(no such time)");
}

void clock_format_local(int64_t wall, char text_r[CLOCK_TEXT_MAX])
{
    time_t seconds = (time_t)wall;
    struct tm parts;

    clock_format(localtime_r(&seconds, &parts), "%Y-%m-%d %H:%M:%S %z", text_r);
}

void clock_format_utc(int64_t wall, char text_r[CLOCK_TEXT_MAX])
{
    time_t seconds = (time_t)wall;
    struct tm parts;

    clock_format(gmtime_r(&seconds, &parts), "%Y-%m-%dT%H:%M:%SZ", text_r);
}
