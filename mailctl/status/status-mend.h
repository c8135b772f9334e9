/* SPDX-License-Identifier: MIT */
#pragma once

/* The command behind a finding, as it is to be run here. Pure; any thread. */

#include <stdbool.h>

#include "lib/base/arena.h"

/*
 * A check names commands as for the usual configuration of a Gatepost that is at work. Here each
 * "mailctl" in them gets "-c FILE" where status was asked with it (config_path; NULL: the usual
 * one). Before "mailctl init" nothing of ours can be started, reloaded or upgraded: that is what
 * comes first then.
 */
const char *status_mend(
    const char *command, const char *config_path, bool lacks_init, struct arena *arena);
