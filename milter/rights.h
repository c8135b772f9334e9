/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * May this login write in these names? Asked of the directory database for each message that
 * somebody sends who has logged in. What mailctl changes counts from the next message on. Any
 * thread.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "milter/directory-pool.h"

/* How many of the addresses that are allowed are told to someone who is refused. */
#define RIGHTS_TOLD_MAX 5

/* In the form of the directory: ASCII letters in lower case, the domain normalized. */
struct rights_request {
    struct text login;
    const struct text *authors; /* of From */
    size_t author_count;
    struct text sender; /* of Sender; empty: there is none */
};

struct rights_verdict {
    bool is_allowed;
    struct text refused; /* the first author that is not allowed */
    struct text allowed; /* "a@example.org, @example.com and others"; empty: nothing is known */
};

/*
 * A user of the directory may write as what is the user's own, what aliases of ours lead to the
 * user, and what was given (lib/store/sender.h); with a right on behalf, where Sender is one of
 * these. A login that the directory does not know, a system user's, may write as anything outside
 * of our domains. Anything but ERR_NONE: it cannot be told now.
 */
enum err rights_judge(struct directory_pool *directory, const struct rights_request *request,
    struct arena *arena, struct rights_verdict *verdict_r, struct failure *failure);
