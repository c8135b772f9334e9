/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Daemons of ours that do not run while systemd holds their sockets: whoever connects starts them,
 * so who only wants to look asks here first. Where systemd does not run, nothing is idle. Main
 * thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"

enum systemd_idle {
    SYSTEMD_NOT_IDLE, /* nobody would start it, or systemd does not say */
    SYSTEMD_RUNS,     /* not idle either */
    SYSTEMD_STOPPED,
    SYSTEMD_FAILED,
};

static inline bool systemd_is_idle(enum systemd_idle idle)
{
    return idle == SYSTEMD_STOPPED || idle == SYSTEMD_FAILED;
}

/* daemon: "policyd". instance: as daemon_unit_instance() has it. */
enum systemd_idle systemd_idle_of(struct text instance, const char *daemon, struct arena *arena);
/* The same from what "systemctl is-active SERVICE SOCKET..." prints, a line for each. */
enum systemd_idle systemd_idle_judge(struct text states);
