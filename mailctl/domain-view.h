/* SPDX-License-Identifier: MIT */
#pragma once

/* A domain as domain list and domain show have it. */

#include <jansson.h>

#include "lib/store/domain.h"
#include "mailctl/invocation.h"

/* item: a struct domain. */
json_t *domain_view_json(const struct invocation *invocation, const void *item);
/* The name with letters beyond ASCII: "bücher.example"; the same where it has none. */
struct text domain_view_unicode(const struct invocation *invocation, const struct domain *domain);
/* "mailbox", "relay", "alias of example.org". */
struct text domain_view_kind(const struct invocation *invocation, const struct domain *domain);
