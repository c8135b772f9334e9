/* SPDX-License-Identifier: MIT */

/* What policyd counts. */

#include "lib/store/schema.h"

const struct schema schema_limits = {1, NULL, 0};
