/* SPDX-License-Identifier: MIT */
#pragma once

/* Giving up root. Once, at start, while the process has one thread. */

#include "lib/base/error.h"

/*
 * Becomes the user, with its groups, for good, and checks that it worked; afterwards no program
 * that we might run can gain rights. Where we are not root, we stay who we are (tests, and units
 * that name a user themselves). ERR_ABSENT: no such user.
 */
enum err privilege_drop(const char *user, struct failure *failure);
