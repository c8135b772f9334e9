/* SPDX-License-Identifier: MIT */
#pragma once

/* Giving up root, and what others see of us. Once, at start, while the process has one thread. */

#include "lib/base/error.h"

/*
 * Becomes the user, with its groups, for good, and checks that it worked; afterwards no program
 * that we might run can gain rights. Where we are not root, we stay who we are (tests, and units
 * that name a user themselves). ERR_ABSENT: no such user.
 */
enum err privilege_drop(const char *user, struct failure *failure);
/*
 * Nobody but root sees this process's memory any more: no core is dumped, not even to a program
 * that takes cores whatever their limit is, and no other process of the same user may trace it.
 * After privilege_drop(). A build with the leak checker, which traces itself, only dumps no core.
 */
void privilege_hide_memory(void);
