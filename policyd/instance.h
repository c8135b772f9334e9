/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Messages under way: what is remembered from one request of a message to the next, by Postfix's
 * attribute "instance". Most are never finished as far as we can see (we are not told of the end),
 * so the table is bounded both ways: an instance is forgotten INSTANCE_LIFE_MS after its last
 * request, and the longest idle one when there are INSTANCES_MAX. Forgetting one early costs at
 * most that a repeated DATA counts twice. Main thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"

#define INSTANCES_MAX 65536
/* Postfix waits smtpd_timeout, 300 s, for each command. */
#define INSTANCE_LIFE_MS ((int64_t)3600 * 1000)

struct instance {
    int64_t recipients;         /* that we let pass at RCPT */
    bool counted;               /* at DATA or END-OF-MESSAGE */
    int64_t counted_recipients; /* with it, and when it was asked again with more */
    /* For the table alone: */
    struct text key;
    int64_t last_ms;
    struct instance *newer, *older;
};

struct instances;

struct instances *instances_new(void);
void instances_free(struct instances **instances);
/* The message of that name, new where it was not known; good until the next call. */
struct instance *instances_get(struct instances *instances, struct text name, int64_t now_ms);
size_t instances_count(const struct instances *instances);
