/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * This machine as a mail host, as far as it is known before anybody is asked: its names, the
 * addresses that its mail comes from, those at which its servers are reached from here, and what
 * Postfix is set to. Plain values in an arena.
 */

#include "lib/base/ip.h"
#include "mailctl/attach/master-cf.h"
#include "mailctl/attach/postfix-instance.h"

/* A host with more has them for other things. */
#define HOST_ADDRESSES_MAX 16

struct host_addresses {
    struct ip items[HOST_ADDRESSES_MAX];
    size_t count;
};

/* Unless it is there already, or there is no room. */
void host_addresses_add(struct host_addresses *addresses, const struct ip *ip);

/* Where addresses are known from. The first four are lists as Postfix has them. */
struct host_sources {
    struct text bind4, bind6;     /* smtp_bind_address, smtp_bind_address6 */
    struct text proxy_interfaces; /* what a NAT before us has */
    struct text inet_interfaces;
    struct text inet_protocols;          /* empty: all */
    const struct host_addresses *given;  /* by the administrator: these, and no others */
    const struct host_addresses *system; /* of the machine's interfaces */
};

struct host {
    struct text name;            /* the mail host's */
    struct text helo;            /* what Postfix says to other servers; empty: not known */
    struct host_addresses mail;  /* where mail comes from, as others see it */
    struct host_addresses local; /* where our servers listen */
    bool is_hidden;              /* none is public: there is a NAT, and mail is empty */
    const struct postfix_instance *postfix; /* NULL: there is none, or it does not tell */
    struct master_cf master;
    const char *blind; /* why it does not; NULL: it does */
};

/* Fills mail, local and is_hidden. Pure. */
void host_find_addresses(const struct host_sources *sources, struct host *host);

struct invocation;
/*
 * Reads it: settings, the option --address, Postfix, the interfaces. EX_OK, or the exit status
 * after the complaint; a Postfix that does not tell is none.
 */
int host_read(struct invocation *invocation, struct host *host_r);
