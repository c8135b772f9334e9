/* SPDX-License-Identifier: MIT */
#include "mailctl/check/host-calls.h"

#include "lib/base/clock.h"
#include "mailctl/domain-records.h"

#define STRANGER "postmaster"

static const struct host_port_kind kinds[] = {
    {"smtp",        25,   0,                          {"220", NULL, NULL}               },
    {"submissions", 465,  RECORD_SERVICE_SUBMISSIONS, {NULL, NULL, NULL}                },
    {"submission",  587,  RECORD_SERVICE_SUBMISSION,  {"220", NULL, NULL}               },
    {"imaps",       993,  RECORD_SERVICE_IMAPS,       {NULL, NULL, NULL}                },
    {"imap",        143,  RECORD_SERVICE_IMAP,        {"* OK", "a STARTTLS\r\n", "a OK"}},
    {"pop3s",       995,  RECORD_SERVICE_POP3S,       {NULL, NULL, NULL}                },
    {"pop3",        110,  RECORD_SERVICE_POP3,        {"+OK", "STLS\r\n", "+OK"}        },
    {"sieve",       4190, RECORD_SERVICE_SIEVE,       {"OK", "STARTTLS\r\n", "OK"}      },
};

/* --- what is called ------------------------------------------------------- */

static struct text setting(const struct host *host, struct text name)
{
    return host->postfix != NULL ? postfix_instance_value(host->postfix, name) : TEXT("");
}

static void plan_ports(struct host_calls *calls, unsigned services)
{
    const struct host_addresses *local = &calls->host->local;

    for (size_t i = 0; i < local->count && i < HOST_CALLS_ADDRESSES_MAX; i++)
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++)
            if (calls->port_count < HOST_CALLS_PORTS_MAX &&
                (kinds[j].service == 0 || (kinds[j].service & services) != 0))
                calls->ports[calls->port_count++] =
                    (struct host_port){.kind = &kinds[j], .ip = local->items[i]};
}

static void plan_relays(struct host_calls *calls)
{
    const struct host_addresses *local = &calls->host->local;

    for (size_t i = 0; i < local->count && i < HOST_CALLS_ADDRESSES_MAX; i++)
        calls->relays[calls->relay_count++] = (struct host_relay){.ip = local->items[i],
            .trust = host_trust_of(setting(calls->host, TEXT("mynetworks")), &local->items[i])};
}

static bool has(const struct host_addresses *addresses, const struct ip *ip)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (ip_equals(&addresses->items[i], ip))
            return true;
    return false;
}

/* From the address that mail comes from, where it is on this side of a NAT. */
static void plan_outside(struct host_calls *calls, enum ip_family family)
{
    const struct host *host = calls->host;
    struct host_outside way = {.family = family, .source = {.family = IP_NONE}};
    bool is_wanted = host->is_hidden && family == IP_V4;

    for (size_t i = 0; i < host->mail.count; i++)
        if (host->mail.items[i].family == family) {
            is_wanted = true;
            if (way.source.family == IP_NONE && has(&host->local, &host->mail.items[i]))
                way.source = host->mail.items[i];
        }
    if (is_wanted)
        calls->outsides[calls->outside_count++] = way;
}

void host_calls_plan(struct host_calls *calls, unsigned services)
{
    calls->port_count = calls->relay_count = calls->outside_count = 0;
    plan_ports(calls, services);
    if (*calls->outside == '\0')
        return;
    plan_relays(calls);
    if (setting(calls->host, TEXT("relayhost")).len != 0)
        return;
    plan_outside(calls, IP_V4);
    plan_outside(calls, IP_V6);
}

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
