/* SPDX-License-Identifier: MIT */
#pragma once

/* How mailctl shows DKIM keys: never the private part. */

#include <jansson.h>

#include "lib/store/dkim-key.h"
#include "mailctl/invocation.h"

json_t *dkim_view_json(const struct invocation *invocation, const struct dkim_key *key);
/* The record as lines of a zone file, after a comment with the key's state. */
void dkim_view_print(const struct invocation *invocation, const struct dkim_key *key);
