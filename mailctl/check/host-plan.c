/* SPDX-License-Identifier: MIT */

/* What is called: pure functions beside the calls. */

#include "mailctl/check/host-calls.h"
#include "mailctl/domain-records.h"

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
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static struct text setting(const struct host *host, struct text name)
{
    return host->postfix != NULL ? postfix_instance_value(host->postfix, name) : TEXT("");
}

static void plan_ports(struct host_calls *calls, unsigned services)
{
    const struct host_addresses *local = &calls->host->local;

    for (size_t i = 0; i < local->count && i < HOST_CALLS_ADDRESSES_MAX; i++)
        for (size_t j = 0; j < KIND_COUNT; j++)
            if (calls->port_count < HOST_CALLS_PORTS_MAX &&
                (kinds[j].service == 0 || (kinds[j].service & services) != 0))
                calls->ports[calls->port_count++] =
                    (struct host_port){.kind = &kinds[j], .ip = local->items[i]};
}

struct text host_port_name(
    const struct host_port_kind *kind, const struct ip *ip, struct arena *arena)
{
    char shown[IP_TEXT_MAX];

    ip_format(ip, shown);
    return arena_print(arena, "%s port %u (%s)", shown, kind->port, kind->name);
}

static bool is_planned(
    const struct host_calls *calls, const struct host_port_kind *kind, const struct ip *ip)
{
    for (size_t i = 0; i < calls->port_count; i++)
        if (calls->ports[i].kind == kind && ip_equals(&calls->ports[i].ip, ip))
            return true;
    return false;
}

size_t host_calls_left_out(
    const struct host_calls *calls, struct arena *arena, const struct text **names_r)
{
    const struct host_addresses *local = &calls->host->local;
    struct text *names = arena_alloc(arena, (local->count * KIND_COUNT + 1) * sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < local->count; i++)
        for (size_t j = 0; j < KIND_COUNT; j++)
            if (!is_planned(calls, &kinds[j], &local->items[i]))
                names[count++] = host_port_name(&kinds[j], &local->items[i], arena);
    *names_r = names;
    return count;
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
