/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Counters and gauges in Prometheus' text form, read over the control socket ("metrics"). A
 * metric is a static object; adding is one relaxed atomic. Any thread.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "lib/base/buffer.h"

struct metric {
    const char *name;   /* "gatepost_milter_messages_total" */
    const char *help;   /* one line */
    const char *type;   /* "counter" or "gauge" */
    const char *labels; /* "result=\"pass\"", or NULL */
    _Atomic int64_t value;
};

static inline void metric_add(struct metric *metric, int64_t amount)
{
    atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

/* Makes the metrics known; array of count pointers, static. Once per array, at start. */
void metrics_register(struct metric *const *metrics, size_t count);
/* HELP and TYPE once per name. */
void metrics_format(struct buffer *out);
