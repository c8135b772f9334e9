/* SPDX-License-Identifier: MIT */
#include "lib/service/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>

#define ARRAYS_MAX 32

static struct {
    struct metric *const *metrics;
    size_t count;
} arrays[ARRAYS_MAX];
static size_t array_count;
static pthread_mutex_t arrays_lock = PTHREAD_MUTEX_INITIALIZER;

void metrics_register(struct metric *const *metrics, size_t count)
{
    pthread_mutex_lock(&arrays_lock);
    assert(array_count < ARRAYS_MAX);
    arrays[array_count].metrics = metrics;
    arrays[array_count].count = count;
    array_count++;
    pthread_mutex_unlock(&arrays_lock);
}

static void format_sample(struct metric *metric, struct buffer *out)
{
    int64_t value = atomic_load_explicit(&metric->value, memory_order_relaxed);

    buffer_append_string(out, metric->name);
    if (metric->labels != NULL)
        buffer_append_format(out, "{%s}", metric->labels);
    buffer_append_format(out, " %" PRId64 "\n", value);
}

static struct metric *metric_at(size_t array, size_t index)
{
    return arrays[array].metrics[index];
}

/* True where a metric before this one in the order of registration has the same name. */
static bool is_named_before(size_t array, size_t index)
{
    const char *name = metric_at(array, index)->name;

    for (size_t i = 0; i <= array; i++)
        for (size_t j = 0; j < (i == array ? index : arrays[i].count); j++)
            if (strcmp(metric_at(i, j)->name, name) == 0)
                return true;
    return false;
}

/* All samples of one name stand together, as the format wants it. */
static void format_family(size_t array, size_t index, struct buffer *out)
{
    const struct metric *first = metric_at(array, index);

    buffer_append_format(
        out, "# HELP %s %s\n# TYPE %s %s\n", first->name, first->help, first->name, first->type);
    for (size_t i = array; i < array_count; i++)
        for (size_t j = i == array ? index : 0; j < arrays[i].count; j++)
            if (strcmp(metric_at(i, j)->name, first->name) == 0)
                format_sample(metric_at(i, j), out);
}

void metrics_format(struct buffer *out)
{
    pthread_mutex_lock(&arrays_lock);
    for (size_t i = 0; i < array_count; i++)
        for (size_t j = 0; j < arrays[i].count; j++)
            if (!is_named_before(i, j))
                format_family(i, j, out);
    pthread_mutex_unlock(&arrays_lock);
}
