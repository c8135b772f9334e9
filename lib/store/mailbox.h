/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Addresses as the databases have them: "local@domain", the local part in lower case and without
 * quotes, the domain normalized; "@domain" for a catch-all. Pure functions, any thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

/* Between a local part and its extension, as Postfix's recipient_delimiter usually is. */
#define MAILBOX_DELIMITER '+'

/* At the last "@". False where there is none or nothing behind it. */
bool mailbox_split(struct text address, struct text *local_part_r, struct text *domain_r);
/* "joe@example.org" of "joe+list@example.org"; false where there is no extension. */
bool mailbox_strip_extension(struct text address, struct arena *arena, struct text *bare_r);
/* "@example.org" of "joe@example.org". */
struct text mailbox_catch_all(struct text address);
