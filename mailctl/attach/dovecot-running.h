/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether Dovecot runs, by the process that its master.pid names. Root's to see: for others it does
 * not run. Main thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"

bool dovecot_is_running(struct arena *arena);
