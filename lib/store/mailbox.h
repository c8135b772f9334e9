/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Addresses as the databases have them: "local@domain", the local part in lower case and without
 * quotes, the domain normalized; "@domain" for a catch-all. Pure functions, any thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

/* Between a local part and its extension where no other is set, as Dovecot has it by default. */
#define MAILBOX_DELIMITER '+'
/* There are no extensions. */
#define MAILBOX_NO_DELIMITER '\0'

/* At the last "@". False where there is none or nothing behind it. */
bool mailbox_split(struct text address, struct text *local_part_r, struct text *domain_r);
/*
 * "joe@example.org" of "joe+list@example.org"; false where there is no extension. As in
 * Postfix, owner-NAME, NAME-request, mailer-daemon and double-bounce have none behind "-".
 */
bool mailbox_strip_extension(
    struct text address, char delimiter, struct arena *arena, struct text *bare_r);
/* "@example.org" of "joe@example.org". */
struct text mailbox_catch_all(struct text address);
