/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The calls that the check of a host makes (call.h), each in a thread of its own, all at once: to
 * our own ports, to our own port 25 as a stranger, and to a server of others. Then the judges,
 * which ask nobody. Started, joined and owned by one thread.
 */

#include <pthread.h>

#include "lib/dns/resolver.h"
#include "mailctl/check/call.h"
#include "mailctl/check/host.h"
#include "mailctl/finding.h"

#define HOST_CALLS_ADDRESSES_MAX 4 /* at so many addresses our servers are called */
#define HOST_CALLS_PORTS_MAX 32
#define HOST_CALLS_FAMILIES 2

/* A port on which a mail host may listen. */
struct host_port_kind {
    const char *name;
    uint16_t port;
    unsigned service; /* enum record_service that stands behind it; 0: every mail host has it */
    struct call_speech speech;
};

struct host_port {
    const struct host_port_kind *kind;
    struct ip ip;
    struct call_server facts;
};

/* What Postfix takes an address for. */
enum host_trust { HOST_STRANGER, HOST_TRUSTED, HOST_TRUST_UNKNOWN };

struct host_relay {
    struct ip ip;
    enum host_trust trust;
    struct call_relay facts;
};

/* One way out: IPv4 or IPv6. */
struct host_outside {
    enum ip_family family;
    struct ip source; /* IP_NONE: as the system chooses */
    bool is_unknown;  /* the DNS did not tell whom to call */
    bool is_nobody;   /* they have no server of that family */
    struct text name; /* of the server that was called last */
    struct call_outside facts;
};

struct host_calls {
    const struct host *host;
    const char *outside; /* the domain whose server is called; "": none is */
    struct resolver *resolver;
    int64_t timeout_ms; /* of lookups */

    struct host_port ports[HOST_CALLS_PORTS_MAX];
    size_t port_count;
    struct host_relay relays[HOST_CALLS_ADDRESSES_MAX];
    size_t relay_count;
    struct host_outside outsides[HOST_CALLS_FAMILIES];
    size_t outside_count;

    struct host_call *calls;
    size_t call_count;
};

/*
 * Says what is to be called; services: what our domains promise to their users (enum
 * record_service). Host, outside, resolver and timeout_ms are filled before. Pure.
 */
void host_calls_plan(struct host_calls *calls, unsigned services);
void host_calls_start(struct host_calls *calls);
/* Waits for all; the facts are there then, until host_calls_done(). */
void host_calls_join(struct host_calls *calls);
void host_calls_done(struct host_calls *calls);

/* "192.0.2.10 port 25 (smtp)": what findings of a port are about. */
struct text host_port_name(
    const struct host_port_kind *kind, const struct ip *ip, struct arena *arena);
/* Of the ports that the plan leaves out, since nobody promises them, the names; their count. */
size_t host_calls_left_out(
    const struct host_calls *calls, struct arena *arena, const struct text **names_r);

/* "mynetworks", as postconf expands it, and an address. Pure. */
enum host_trust host_trust_of(struct text mynetworks, const struct ip *ip);

/*
 * Whom to call for a domain's mail over IPv4 or IPv6: by its MX, else by itself (RFC 5321 §5.1),
 * the best first. False: waiting, names are noted in the answers.
 */
struct host_way {
    struct text name;
    struct ip ip;
};
#define HOST_WAYS_MAX 3
bool host_ways_find(struct answers *answers, struct text domain, enum ip_family family,
    struct host_way ways_r[HOST_WAYS_MAX], size_t *count_r, bool *is_unknown_r);

/* --- the judges ----------------------------------------------------------- */

void host_judge_ports(
    const struct host_calls *calls, int64_t now, struct arena *arena, struct findings *findings);
void host_judge_relays(
    const struct host_calls *calls, struct arena *arena, struct findings *findings);
void host_judge_outside(
    const struct host_calls *calls, struct arena *arena, struct findings *findings);
