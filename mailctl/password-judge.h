/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether a password may be set for a user, by the settings of "passwords". */

#include "lib/store/user.h"
#include "mailctl/invocation.h"

/* Complains with the reason, never with the password, and returns the exit status. */
int password_judge(const struct invocation *invocation, const struct settings *settings,
    const struct user *user, struct text password);
