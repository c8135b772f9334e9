/* SPDX-License-Identifier: MIT */
#pragma once

/* A user in JSON, as user list and user show have it. */

#include <jansson.h>

#include "mailctl/invocation.h"

/* item: a struct user. */
json_t *user_view_json(const struct invocation *invocation, const void *item);
