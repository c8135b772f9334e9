/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The time, from one place that a test can set. Wall time is for what people and other machines
 * see (it may jump); monotonic time is for deadlines and periods. Any thread.
 */

#include <stddef.h>
#include <stdint.h>

/* Seconds since the epoch, UTC. */
int64_t clock_wall(void);
/* The same in milliseconds. */
int64_t clock_wall_ms(void);
/* Milliseconds of a clock that never goes back. */
int64_t clock_monotonic_ms(void);

/* For tests: both clocks stand still at these values, until clock_test_release(). */
void clock_test_set(int64_t wall, int64_t monotonic_ms);
void clock_test_release(void);

#define CLOCK_TEXT_MAX 40

/* "2026-11-21 14:05:09 +0100": local time with its offset, for people. */
void clock_format_local(int64_t wall, char text_r[CLOCK_TEXT_MAX]);
/* "2026-11-21T13:05:09Z": for machines (RFC 3339). */
void clock_format_utc(int64_t wall, char text_r[CLOCK_TEXT_MAX]);
