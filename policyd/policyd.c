/* SPDX-License-Identifier: MIT */
#include "policyd/policyd.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/service/metrics.h"
#include "policyd/connection.h"
#include "policyd/counter-sqlite.h"

/* At most one transaction in that time, and no more than that is lost to a kill. */
#define SAVE_INTERVAL_MS 1000
#define SWEEP_INTERVAL_S (COUNTER_SQLITE_LOOK_MS / 1000)
#define SWEEP_MAX 10000

static struct metric requests = {.name = "gatepost_policyd_requests_total",
    .help = "Policy requests answered.",
    .type = "counter"};
static struct metric deferred_messages = {.name = "gatepost_policyd_deferred_total",
    .help = "Requests deferred because a limit was reached.",
    .type = "counter",
    .labels = "unit=\"messages\""};
static struct metric deferred_recipients = {.name = "gatepost_policyd_deferred_total",
    .help = "Requests deferred because a limit was reached.",
    .type = "counter",
    .labels = "unit=\"recipients\""};
static struct metric users = {.name = "gatepost_policyd_users",
    .help = "Users who have sent in the last period.",
    .type = "gauge"};
static struct metric *const policyd_metrics[] = {
    &requests, &deferred_messages, &deferred_recipients, &users, &counter_sqlite_failures};

int64_t policyd_now_ms(const struct policyd *policyd)
{
    return policyd->wall_ms + (clock_monotonic_ms() - policyd->monotonic_ms);
}

/* A value of the line: no longer than an address may be, and no more than one word. */
static const char *word(struct text text, char out[REQUEST_USER_MAX + 1])
{
    return log_word(text.data, text.len, out, REQUEST_USER_MAX + 1);
}

static void log_decision(const struct request *request, const struct decision *decision)
{
    struct log_context context = {.queue_id = ""};
    char until[CLOCK_TEXT_MAX] = "never", client[REQUEST_USER_MAX + 1], user[REQUEST_USER_MAX + 1],
         sender[REQUEST_USER_MAX + 1], recipient[REQUEST_USER_MAX + 1];

    log_safe(
        request->queue_id.data, request->queue_id.len, context.queue_id, sizeof context.queue_id);
    if (decision->free_at_wall >= 0)
        clock_format_local(decision->free_at_wall, until);
    log_info(&context,
        "client=%s user=%s from=<%s> to=<%s> stage=%.*s action=defer %s=%" PRId64 " asked=%" PRId64
        " limit=%" PRId64 " free=%s",
        word(request->client_address, client), word(request->user, user),
        word(request->sender, sender), word(request->recipient, recipient),
        TEXT_ARGS(request->stage_name), decision_unit_name(decision->unit, 2), decision->used,
        decision->asked, decision->limit, until);
}

static void answer(void *context, const struct request *request, struct buffer *out)
{
    struct policyd *policyd = context;
    struct decision decision = rule_decide(&policyd->rule, policyd->counters, policyd->instances,
        request, policyd_now_ms(policyd), clock_wall());

    metric_add(&requests, 1);
    if (decision.action == DECISION_DEFER) {
        log_decision(request, &decision);
        metric_add(
            decision.unit == COUNTER_MESSAGES ? &deferred_messages : &deferred_recipients, 1);
    }
    decision_format_answer(&decision, request->user, out);
    policyd_schedule_save(policyd);
}

static void start_save_timer(struct policyd *policyd)
{
    int64_t wait_ms = policyd->last_save_ms + SAVE_INTERVAL_MS - clock_monotonic_ms();
    struct timeval wait = {.tv_sec = 0};

    if (evtimer_pending(policyd->save, NULL))
        return;
    if (wait_ms > 0)
        wait = (struct timeval){
            .tv_sec = wait_ms / 1000, .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    evtimer_add(policyd->save, &wait);
}

void policyd_schedule_save(struct policyd *policyd)
{
    if (counters_are_dirty(policyd->counters))
        start_save_timer(policyd);
}

static int64_t expire_ms(const struct policyd *policyd)
{
    return policyd_now_ms(policyd) - policyd->rule.period_ms;
}

/* Comes back until all is saved. */
static void on_save(evutil_socket_t fd, short what, void *context)
{
    const struct timeval again = {.tv_sec = SAVE_INTERVAL_MS / 1000};
    struct policyd *policyd = context;

    (void)fd;
    (void)what;
    policyd->last_save_ms = clock_monotonic_ms();
    if (!counter_sqlite_save(policyd->keeper, policyd->counters, expire_ms(policyd)))
        evtimer_add(policyd->save, &again);
}

static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    struct policyd *policyd = context;

    (void)fd;
    (void)what;
    counters_expire(policyd->counters, policyd_now_ms(policyd), SWEEP_MAX);
    atomic_store(&users.value, (int64_t)counters_count(policyd->counters));
    start_save_timer(policyd); /* it may be the database that has changed */
}

static void on_accept(void *context, int fd)
{
    struct policyd *policyd = context;

    connections_add(policyd->connections, fd);
}

static void apply_settings(struct policyd *policyd, const struct settings *settings)
{
    policyd->rule.limits.of[COUNTER_MESSAGES] = settings->policyd.messages;
    policyd->rule.limits.of[COUNTER_RECIPIENTS] = settings->policyd.recipients;
    policyd->rule.period_ms = settings->policyd.period_ms;
    connections_set_max(policyd->connections, (size_t)settings->policyd.max_connections);
}

static void start_timers(struct policyd *policyd, struct event_base *base)
{
    const struct timeval interval = {.tv_sec = SWEEP_INTERVAL_S};

    policyd->save = evtimer_new(base, on_save, policyd);
    policyd->sweep = event_new(base, -1, EV_PERSIST, on_sweep, policyd);
    if (policyd->save == NULL || policyd->sweep == NULL || evtimer_add(policyd->sweep, &interval))
        memory_exhausted();
}

enum err policyd_start(struct service *service, void **state_r, struct failure *failure)
{
    const struct settings *settings = service_settings(service);
    struct policyd *policyd = memory_alloc_zero(1, sizeof *policyd);
    void *state = policyd;
    enum err err;

    policyd->service = service;
    policyd->wall_ms = clock_wall_ms();
    policyd->monotonic_ms = clock_monotonic_ms();
    policyd->counters = counters_new(settings->policyd.period_ms);
    policyd->instances = instances_new();
    policyd->connections = connections_new(service_loop(service), answer, policyd);
    apply_settings(policyd, settings);
    err = counter_sqlite_open(settings_limits_directory(settings), policyd->counters,
        policyd->rule.period_ms, policyd->wall_ms, &policyd->keeper, failure);
    if (err != ERR_NONE) {
        policyd_stop(&state);
        return err;
    }
    start_timers(policyd, service_loop(service));
    metrics_register(policyd_metrics, sizeof policyd_metrics / sizeof *policyd_metrics);
    policyd_schedule_save(policyd);
    service_listen(service, "policy", on_accept, policyd);
    *state_r = policyd;
    return ERR_NONE;
}

enum err policyd_reload(void *state, const struct settings *settings, struct failure *failure)
{
    struct policyd *policyd = state;

    (void)failure;
    apply_settings(policyd, settings);
    counters_set_period(policyd->counters, policyd->rule.period_ms, policyd_now_ms(policyd));
    policyd_schedule_save(policyd);
    return ERR_NONE;
}

static void on_empty(void *context)
{
    struct policyd *policyd = context;

    service_drained(policyd->service);
}

void policyd_drain(void *state)
{
    struct policyd *policyd = state;

    connections_drain(policyd->connections, on_empty, policyd);
}

void policyd_stop(void **state)
{
    struct policyd *policyd = *state;

    if (policyd == NULL)
        return;
    connections_free(&policyd->connections);
    if (policyd->save != NULL)
        event_free(policyd->save);
    if (policyd->sweep != NULL)
        event_free(policyd->sweep);
    counter_sqlite_close(&policyd->keeper, policyd->counters, expire_ms(policyd));
    instances_free(&policyd->instances);
    counters_free(&policyd->counters);
    memory_free(state);
}
