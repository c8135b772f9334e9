/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One client of the login protocol (gatepost-login(7)): a Dovecot worker, or one
 * gatepost-checkpassword. Requests may be sent without waiting; lookups are answered at once,
 * verifications when their hash has been computed, so answers carry the request's number. A
 * malformed line is answered with "error", logged, and ends the connection. Owned by its
 * connection; the loop's thread.
 */

#include "authd/connection.h"
#include "authd/proxies.h"
#include "authd/verify.h"

/* Verifications of one connection at a time; further requests of it wait. */
#define LOGIN_PIPELINE_MAX 100

struct login_session;

extern const struct connection_handler login_session_handler;

/* What all sessions share; owned by the daemon. */
struct login_service {
    struct verifier *verifier;
    uid_t list_uid; /* besides root, who may list all users */
    const struct proxies *proxies;
    struct text realm; /* of names without a domain; empty: none */
};

/* Serves fd, which becomes its own, as one of the group's connections. */
void login_session_open(struct connection_group *group, struct login_service *service, int fd);
