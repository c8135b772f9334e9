/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What systemd calls our daemons: "gatepost-milter", and "gatepost-milter@out" for the one that
 * reads /etc/gatepost/out.conf in place of the usual configuration. Pure; any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/text.h"

/*
 * "out" of "/etc/gatepost/out.conf". Empty for the usual configuration (NULL, too), and for files
 * that no unit reads: in other folders, of other names.
 */
struct text daemon_unit_instance(const char *configuration);
/*
 * "out" of the queue directory "/var/spool/postfix-out", in which the sockets of those units lie.
 * Empty for others.
 */
struct text daemon_unit_of_queue(const char *queue_directory);
/* daemon: "milter", or "milter-control" with the suffix ".socket". */
const char *daemon_unit(
    struct text instance, const char *daemon, const char *suffix, struct arena *arena);
