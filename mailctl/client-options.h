/* SPDX-License-Identifier: MIT */
#pragma once

/* What verify, spf and seal are told: --ip, --helo, --from, --time, --authserv-id. */

#include "lib/base/ip.h"
#include "mailctl/command.h"

#define CLIENT_OPTIONS                                                                             \
    {"ip", "IP", "the client that delivered the message"},                                         \
        {"helo", "NAME", "what it said in HELO or EHLO"},                                          \
    {                                                                                              \
        "from", "ADDRESS", "the envelope sender; none: the null sender"                            \
    }

struct client_options {
    struct ip ip; /* IP_NONE where it was not given */
    struct text helo, from;
};

/* EX_OK, or the exit status after the complaint. */
int client_options_read(const struct invocation *invocation, struct client_options *options_r);
/* --time in seconds since the epoch, else the clock. */
int client_options_time(const struct invocation *invocation, int64_t *now_r);
/* --authserv-id, else this host's name in mail. */
int client_options_authserv_id(struct invocation *invocation, struct text *name_r);
