/* SPDX-License-Identifier: MIT */
#include "mailctl/check/host-calls.h"

#include "lib/base/clock.h"

#define STRANGER "postmaster"

/* --- one call, in its thread ---------------------------------------------- */

struct host_call {
    struct host_calls *calls;
    struct host_port *port; /* one of these three */
    struct host_relay *relay;
    struct host_outside *outside;
    struct arena *arena;
    pthread_t thread;
    bool is_started;
};

static struct text greeting_name(const struct host *host)
{
    return host->helo.len != 0 ? host->helo : host->name;
}

static void call_port(struct host_call *call)
{
    const struct call_target target = {
        .ip = call->port->ip, .port = call->port->kind->port, .source = {.family = IP_NONE}};

    call_server(&target, &call->port->kind->speech,
        arena_copy(call->arena, call->calls->host->name), call->arena, &call->port->facts);
}

/* As one who comes from that address itself. */
static void call_as_stranger(struct host_call *call)
{
    const struct call_target target = {
        .ip = call->relay->ip, .port = 25, .source = call->relay->ip};

    call_relay(&target, greeting_name(call->calls->host),
        arena_print(call->arena, STRANGER "@%s", call->calls->outside), call->arena,
        &call->relay->facts);
}

static size_t find_ways(struct host_call *call, struct host_way ways[HOST_WAYS_MAX])
{
    struct host_calls *calls = call->calls;
    struct answers *answers = answers_new(call->arena);
    int64_t deadline_ms = clock_monotonic_ms() + calls->timeout_ms;
    size_t count = 0;

    while (!host_ways_find(answers, text_from_string(calls->outside), call->outside->family, ways,
        &count, &call->outside->is_unknown)) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();

        if (left_ms <= 0 || !resolver_answer(calls->resolver, answers, left_ms))
            answers_give_up(answers);
    }
    return count;
}

/* The next server is called only where the one before it could not be reached. */
static void call_out(struct host_call *call)
{
    struct host_outside *outside = call->outside;
    struct host_way ways[HOST_WAYS_MAX];
    size_t count = find_ways(call, ways);

    outside->is_nobody = count == 0;
    for (size_t i = 0; i < count; i++) {
        const struct call_target target = {.ip = ways[i].ip, .port = 25, .source = outside->source};

        outside->name = finding_safe(ways[i].name, call->arena);
        call_outside(&target, call->arena, &outside->facts);
        if (outside->facts.outcome == CALL_TALKED)
            return;
    }
}

static void *work(void *context)
{
    struct host_call *call = context;

    if (call->port != NULL)
        call_port(call);
    else if (call->relay != NULL)
        call_as_stranger(call);
    else
        call_out(call);
    return NULL;
}

/* --- all of them ---------------------------------------------------------- */

static void add(struct host_calls *calls, struct host_call call)
{
    call.calls = calls;
    call.arena = arena_new();
    calls->calls[calls->call_count++] = call;
}

void host_calls_start(struct host_calls *calls)
{
    calls->call_count = 0;
    calls->calls = memory_alloc_zero(
        calls->port_count + calls->relay_count + calls->outside_count + 1, sizeof *calls->calls);
    for (size_t i = 0; i < calls->port_count; i++)
        add(calls, (struct host_call){.port = &calls->ports[i]});
    for (size_t i = 0; i < calls->relay_count; i++)
        add(calls, (struct host_call){.relay = &calls->relays[i]});
    for (size_t i = 0; i < calls->outside_count; i++)
        add(calls, (struct host_call){.outside = &calls->outsides[i]});
    for (size_t i = 0; i < calls->call_count; i++) {
        struct host_call *call = &calls->calls[i];

        call->is_started = pthread_create(&call->thread, NULL, work, call) == 0;
        if (!call->is_started)
            (void)work(call);
    }
}

void host_calls_join(struct host_calls *calls)
{
    for (size_t i = 0; i < calls->call_count; i++)
        if (calls->calls[i].is_started) {
            pthread_join(calls->calls[i].thread, NULL);
            calls->calls[i].is_started = false;
        }
}

void host_calls_done(struct host_calls *calls)
{
    host_calls_join(calls);
    for (size_t i = 0; i < calls->call_count; i++)
        arena_free(&calls->calls[i].arena);
    memory_free(&calls->calls);
    calls->call_count = 0;
}
