/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asking gatepost-authd whether a password is right, by the login protocol (gatepost-login(7)), as
 * Dovecot does: it is judged, counted and logged like any login. Blocks until the answer is there
 * or the time is up.
 */

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct login_question {
    struct text user, password;
    struct text service, remote; /* may be empty */
};

struct login_answer {
    struct text status; /* "ok", "mismatch", "unknown", "disabled", "temporary" */
    struct text reason; /* of "temporary"; empty for others */
    struct text user;   /* of "ok": the address */
};

/*
 * path: of the UNIX socket. The answer lives in the arena; what was sent is wiped. ERR_ABSENT:
 * nobody listens; ERR_ACCESS, ERR_TIMEOUT, ERR_IO, ERR_LIMIT (a request that is too long).
 */
enum err login_ask(const char *path, const struct login_question *question, int64_t timeout_ms,
    struct arena *arena, struct login_answer *answer_r, struct failure *failure);
