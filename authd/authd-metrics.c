/* SPDX-License-Identifier: MIT */
#include "authd/authd-metrics.h"

#define LOGINS(word)                                                                               \
    {                                                                                              \
        .name = "gatepost_authd_logins_total", .help = "passwords checked, by result",             \
        .type = "counter", .labels = "result=\"" word "\""                                         \
    }
#define LOOKUPS(word)                                                                              \
    {                                                                                              \
        .name = "gatepost_authd_lookups_total", .help = "lookups of Postfix, by result",           \
        .type = "counter", .labels = "result=\"" word "\""                                         \
    }
#define POLICY(word)                                                                               \
    {                                                                                              \
        .name = "gatepost_authd_policy_answers_total",                                             \
        .help = "logins that the auth policy held up or refused", .type = "counter",               \
        .labels = "answer=\"" word "\""                                                            \
    }

#define REFUSED(word)                                                                              \
    {                                                                                              \
        .name = "gatepost_authd_refused_total",                                                    \
        .help = "logins refused for the time being by the reason", .type = "counter",              \
        .labels = "bound=\"" word "\""                                                             \
    }

struct metric authd_logins_ok = LOGINS("ok");
struct metric authd_logins_mismatch = LOGINS("mismatch");
struct metric authd_logins_unknown = LOGINS("unknown");
struct metric authd_logins_disabled = LOGINS("disabled");
struct metric authd_logins_temporary = LOGINS("temporary");
struct metric authd_lookups_found = LOOKUPS("found");
struct metric authd_lookups_absent = LOOKUPS("absent");
struct metric authd_lookups_failed = LOOKUPS("failed");
struct metric authd_policy_delayed = POLICY("delay");
struct metric authd_policy_refused = POLICY("refuse");
struct metric authd_policy_counted = {.name = "gatepost_authd_policy_failures_total",
    .help = "failed logins that Dovecot reported and that were counted",
    .type = "counter"};
struct metric authd_malformed = {.name = "gatepost_authd_malformed_total",
    .help = "connections closed for a malformed request",
    .type = "counter"};
struct metric authd_rehashes = {.name = "gatepost_authd_rehashes_total",
    .help = "passwords hashed anew with the present parameters",
    .type = "counter"};
struct metric authd_proven = {.name = "gatepost_authd_proven_total",
    .help = "passwords right without a hash, as they were a short while ago",
    .type = "counter"};
struct metric authd_refused_queue = REFUSED("queue");
struct metric authd_refused_share = REFUSED("share");
struct metric authd_refused_guessing = REFUSED("guessing");
struct metric authd_connections_refused = {.name = "gatepost_authd_connections_refused_total",
    .help = "connections over max_connections",
    .type = "counter"};

static struct metric *const metrics[] = {
    &authd_logins_ok,
    &authd_logins_mismatch,
    &authd_logins_unknown,
    &authd_logins_disabled,
    &authd_logins_temporary,
    &authd_lookups_found,
    &authd_lookups_absent,
    &authd_lookups_failed,
    &authd_policy_delayed,
    &authd_policy_refused,
    &authd_policy_counted,
    &authd_malformed,
    &authd_rehashes,
    &authd_proven,
    &authd_refused_queue,
    &authd_refused_share,
    &authd_refused_guessing,
    &authd_connections_refused,
};

void authd_metrics_register(void)
{
    metrics_register(metrics, sizeof metrics / sizeof *metrics);
}
