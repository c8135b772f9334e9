/* SPDX-License-Identifier: MIT */
#pragma once

/* How mailctl reads and shows DKIM keys: never the private part. */

#include <jansson.h>

#include "lib/store/dkim-key.h"
#include "mailctl/invocation.h"

/*
 * The keys of the domain that is the first argument, one of ours; of all domains where it is not
 * given. Complains, and returns the exit status.
 */
int dkim_view_read(
    struct invocation *invocation, struct text *domain_r, struct dkim_key_list *list_r);
/* The domain has no key of that selector; empty: none at all. EX_DATAERR. */
int dkim_view_complain_absent(
    const struct invocation *invocation, struct text domain, struct text selector);
json_t *dkim_view_json(const struct invocation *invocation, const struct dkim_key *key);
/* The record as lines of a zone file, after a comment with the key's state. */
void dkim_view_print(const struct invocation *invocation, const struct dkim_key *key);
