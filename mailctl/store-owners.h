/* SPDX-License-Identifier: MIT */
#pragma once

/* Where each database is and who owns it, as the settings say. */

#include "lib/service/settings.h"
#include "lib/store/store.h"

/* The directory that its folder lies in. */
const char *store_directory_of(enum store_kind kind, const struct settings *settings);
struct store_owner store_owners_of(enum store_kind kind, const struct settings *settings);
