/* SPDX-License-Identifier: MIT */
#pragma once

/* Help, made from the table of commands. */

#include <stdio.h>

#include "mailctl/invocation.h"

/* words: nothing, a noun, or a noun and a verb. Returns the exit status. */
int help_print(const struct invocation *invocation, const char *const *words, size_t count);
