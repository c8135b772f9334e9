/* SPDX-License-Identifier: MIT */
#include "milter/stats.h"

#include <string.h>

#include "lib/service/metrics.h"

#define MESSAGES "gatepost_milter_messages_total", "Messages by direction and action.", "counter"
#define ROWS "gatepost_milter_report_rows_total", "Rows for DMARC reports by outcome.", "counter"
#define RESULTS "gatepost_milter_dmarc_total", "DMARC results of mail that came in.", "counter"

static struct metric in_accept = {MESSAGES, "direction=\"in\",action=\"accept\"", 0};
static struct metric in_quarantine = {MESSAGES, "direction=\"in\",action=\"quarantine\"", 0};
static struct metric in_reject = {MESSAGES, "direction=\"in\",action=\"reject\"", 0};
static struct metric in_defer = {MESSAGES, "direction=\"in\",action=\"defer\"", 0};
static struct metric out_sign = {MESSAGES, "direction=\"out\",action=\"sign\"", 0};
static struct metric out_pass = {MESSAGES, "direction=\"out\",action=\"accept\"", 0};
static struct metric out_reject = {MESSAGES, "direction=\"out\",action=\"reject\"", 0};
static struct metric out_defer = {MESSAGES, "direction=\"out\",action=\"defer\"", 0};
static struct metric dmarc_pass = {RESULTS, "result=\"pass\"", 0};
static struct metric dmarc_fail = {RESULTS, "result=\"fail\"", 0};
static struct metric dmarc_none = {RESULTS, "result=\"none\"", 0};
static struct metric dmarc_temperror = {RESULTS, "result=\"temperror\"", 0};
static struct metric dmarc_permerror = {RESULTS, "result=\"permerror\"", 0};
static struct metric signatures_made = {
    "gatepost_milter_signatures_total", "DKIM signatures made.", "counter", NULL, 0};
static struct metric mismatches = {"gatepost_milter_from_mismatches_total",
    "Messages whose login may not write as their From.", "counter", NULL, 0};
static struct metric rows_written = {ROWS, "outcome=\"written\"", 0};
static struct metric rows_dropped = {ROWS, "outcome=\"dropped\"", 0};
static struct metric rows_waiting = {"gatepost_milter_report_rows_waiting",
    "Rows for DMARC reports that wait to be written.", "gauge", NULL, 0};
static struct metric connections = {
    "gatepost_milter_connections", "Connections of Postfix now open.", "gauge", NULL, 0};

static struct metric *const all[] = {&in_accept, &in_quarantine, &in_reject, &in_defer, &out_sign,
    &out_pass, &out_reject, &out_defer, &dmarc_pass, &dmarc_fail, &dmarc_none, &dmarc_temperror,
    &dmarc_permerror, &signatures_made, &mismatches, &connections, &rows_written, &rows_dropped,
    &rows_waiting};

void stats_register(void)
{
    metrics_register(all, sizeof all / sizeof all[0]);
}

static struct metric *dmarc_metric(enum auth_result result)
{
    switch (result) {
    case AUTH_PASS:
        return &dmarc_pass;
    case AUTH_FAIL:
        return &dmarc_fail;
    case AUTH_TEMPERROR:
        return &dmarc_temperror;
    case AUTH_PERMERROR:
        return &dmarc_permerror;
    default:
        return &dmarc_none;
    }
}

void stats_count_incoming(const struct mailauth_verdict *verdict, const char *action)
{
    struct metric *metric = &in_accept;

    if (strcmp(action, "quarantine") == 0)
        metric = &in_quarantine;
    else if (strcmp(action, "reject") == 0)
        metric = &in_reject;
    else if (strcmp(action, "defer") == 0)
        metric = &in_defer;
    metric_add(metric, 1);
    metric_add(dmarc_metric(verdict->dmarc.result), 1);
}

void stats_count_incoming_unjudged(void)
{
    metric_add(&in_defer, 1);
}

void stats_count_outgoing(const char *action, size_t signatures)
{
    struct metric *metric = &out_pass;

    if (strcmp(action, "sign") == 0)
        metric = &out_sign;
    else if (strcmp(action, "reject") == 0)
        metric = &out_reject;
    else if (strcmp(action, "defer") == 0)
        metric = &out_defer;
    metric_add(metric, 1);
    metric_add(&signatures_made, (int64_t)signatures);
}

void stats_count_mismatch(void)
{
    metric_add(&mismatches, 1);
}

void stats_count_connections(int change)
{
    metric_add(&connections, change);
}

void stats_count_row_waiting(void)
{
    metric_add(&rows_waiting, 1);
}

void stats_count_rows_written(size_t count)
{
    metric_add(&rows_waiting, -(int64_t)count);
    metric_add(&rows_written, (int64_t)count);
}

void stats_count_rows_dropped(size_t count)
{
    metric_add(&rows_waiting, -(int64_t)count);
    metric_add(&rows_dropped, (int64_t)count);
}
