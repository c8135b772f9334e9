/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A message that is expected as a proof: "mailctl attach" makes a user for a minute, tells us that
 * name over the control socket, logs in as it and sends. That message is signed like any other, but
 * the answer to its end is a refusal that says by which keys: so the whole way was gone, and
 * nothing is queued. The name is the token: nobody but who knows that user's password gets it into
 * a session, so it need not be secret, and nothing in the message counts.
 *
 * One name at a time, used once. Any thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

#define PROOF_LOGIN_MAX 320 /* an address */
#define PROOF_LIFETIME_MS ((int64_t)60 * 1000)

struct proof {
    pthread_mutex_t lock;
    char login[PROOF_LOGIN_MAX];
    size_t login_len; /* 0: nothing is expected */
    int64_t end_ms;   /* monotonic */
};

#define PROOF_NONE                                                                                 \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* From now on, instead of what was expected before. ERR_SYNTAX: no address; ERR_LIMIT: too long. */
enum err proof_expect(struct proof *proof, struct text login, struct failure *failure);
/* Whether this login's message is the one; it is so once. */
bool proof_take(struct proof *proof, struct text login);
