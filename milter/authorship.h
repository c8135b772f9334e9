/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * May whoever has logged in write as the author that readers will see? Takes From and Sender out
 * of the header and asks the world. The receiver of a receipt (RFC 8098: no envelope sender) is
 * the author of it, and judged like any other.
 */

#include "lib/mailauth/message.h"
#include "milter/passage.h"

struct authorship {
    bool is_allowed;
    struct text refused; /* who stands in From and may not; fit for a log line */
    struct text allowed; /* as in struct rights_verdict */
};

/* For a passage with a login. Anything but ERR_NONE: it cannot be told now. */
enum err authorship_check(const struct passage *passage, const struct message *message,
    struct authorship *authorship_r, struct failure *failure);
