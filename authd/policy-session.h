/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One connection of Dovecot's auth policy client: HTTP/1.1 with JSON, kept alive. Every request is
 * answered at once, in its turn. One that is no HTTP is answered with its status, logged, and ends
 * the connection; one that is HTTP and no policy request is answered with 400 and logged, and
 * counts against nobody: Dovecot goes on as if it had not asked. Owned by its connection.
 */

#include "authd/connection.h"
#include "authd/policy.h"

struct policy_session;

extern const struct connection_handler policy_session_handler;

/* What all sessions share; owned by the daemon. */
struct policy_service {
    struct policy *policy;
    const char *key; /* that has to come with each request; "": none, and loopback alone may ask */
};

/* Serves fd, which becomes its own, as one of the group's connections. */
void policy_session_open(struct connection_group *group, struct policy_service *service, int fd);
