/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Addresses as the databases have them: "local@domain", the local part in lower case and without
 * quotes, the domain normalized; "@domain" for a catch-all. Pure functions, any thread.
 */

#include <stdbool.h>

#include "lib/base/text.h"

/* At the last "@". False where there is none or nothing behind it. */
bool mailbox_split(struct text address, struct text *local_part_r, struct text *domain_r);
