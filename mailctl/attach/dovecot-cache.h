/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Dovecot's memory of logins (auth_cache_size, off by default): with it an old password would go on
 * working. So mailctl makes Dovecot forget a user whose password or state it changes.
 */

#include "mailctl/invocation.h"

/*
 * Where Dovecot uses us. What cannot be done is complained of; the change itself stands, so there
 * is no status. Not with --dry-run. An empty address: all users.
 */
void dovecot_cache_forget(struct invocation *invocation, struct text address);
