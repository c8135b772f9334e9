/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Live state: what only a running daemon knows is asked of it over its control socket
 * (lib/service/control.h).
 */

#include "lib/base/buffer.h"
#include "mailctl/invocation.h"

/*
 * Sends the request to gatepost-DAEMON ("policyd") and appends its answer. Where the daemon does
 * not run or not answer: complains with the next step, EX_TEMPFAIL; EX_NOPERM where it is for root.
 */
int daemon_ask(
    struct invocation *invocation, const char *daemon, const char *request, struct buffer *answer);
/* Takes the next field of an answer, up to TAB or the end; false where it is no number. */
bool daemon_take_number(struct text *line, int64_t *number_r);
