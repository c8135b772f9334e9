/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where mail goes on to, as an administrator types it: a transport with its next hop, as
 * transport(5) of Postfix has them ("smtp:[mx.inside.example]:25",
 * "lmtp:unix:private/dovecot-lmtp", "error:5.1.1 nobody here"), or a host with a port alone. What
 * is accepted is in the form that Postfix is told: names normalized (dns/name.h), single blanks.
 * Pure functions.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/text.h"

/* Longer ones are refused unread. What is accepted is at most as long. */
#define TRANSPORT_ARGUMENT_MAX 500

/* The service of master.cf that logs in at other hosts: mail comes to it by its sender alone. */
#define TRANSPORT_RELAY_SERVICE "relayauth"

/*
 * TRANSPORT:NEXTHOP. The transport is a service of master.cf. Behind error, retry and discard
 * stands free text; else nothing, or hosts that are tried one after the other. ERR_SYNTAX,
 * ERR_RANGE: *failure says what is wrong with it and what was expected.
 */
enum err transport_argument_parse(
    struct text text, struct arena *arena, struct text *transport_r, struct failure *failure);
/* HOST:PORT, [HOST]:PORT or either without a port, which is 587 then: "[host]:port". The same. */
enum err transport_argument_parse_host(
    struct text text, struct arena *arena, struct text *host_r, struct failure *failure);
