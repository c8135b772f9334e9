/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemons of ours that a server will ask: what does not answer is started, and comes back after
 * a boot. Where there is no systemd, starting them is the operator's.
 */

#include "mailctl/attach/attach.h"

/* milter, policyd and authd, in the order of attach_site.started. */
#define ATTACH_DAEMONS 3

/* name: "authd". Adds the action, or what stands in the way. Nothing with --offline. */
void attach_daemon_plan(
    const struct attach_site *site, struct plan *plan, const char *name, const char *why);
/* What was planned. EX_OK, or the status after a complaint. */
int attach_daemon_start(const struct attach_site *site, const char *name);
/*
 * The daemons of an instance of their own, as daemon_unit_instance() has it: stopped for good. In
 * an attach that failed only those that it has enabled itself: others served before it.
 */
enum err attach_daemon_retire(
    const struct attach_site *site, struct text instance, struct failure *failure);
/* systemd runs here, and starts what is asked for. */
bool attach_daemon_can_start(void);
