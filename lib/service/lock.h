/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The lock file that makes a daemon the only one of its name: RUN_DIRECTORY/NAME.lock, locked
 * while the process lives and holding its id. It stays in place when the daemon ends, so that
 * nobody can lock a file that another has just removed. Main thread, at start and end.
 */

#include "lib/base/error.h"

/*
 * Makes the run directory where it is missing (its parent must be there), opens and locks. The
 * descriptor goes to *fd_r. ERR_EXISTS: another instance runs, the failure names its id.
 */
enum err lock_take(const char *run_directory, const char *name, int *fd_r, struct failure *failure);
/* Lets go; -1 is fine. */
void lock_release(int *fd);
