/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where an alias or a forward leads, as an administrator types it: anybody's address. Of our own
 * domains, addresses are looked up in lower case; of others, they stay as given.
 */

#include "mailctl/invocation.h"

/*
 * owner: what leads there, which cannot lead to itself. Complains, and ends the store's
 * transaction; returns the exit status.
 */
int target_argument_read(struct invocation *invocation, struct store *store, struct text argument,
    struct text owner, struct text *target_r);
