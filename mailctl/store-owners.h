/* SPDX-License-Identifier: MIT */
#pragma once

/* Who owns which database, as the settings name the users: for init and status. */

#include "lib/service/settings.h"
#include "lib/store/store.h"

struct store_owner store_owners_of(enum store_kind kind, const struct settings *settings);
