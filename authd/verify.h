/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Is the password right? One verification: the directory is asked on the loop, the password is
 * hashed in the pool, the answer comes back on the loop. What it costs does not tell whether the
 * user exists: for an unknown one a hash of nobody's is computed with the parameters of now, and
 * for a wrong password of a user whose hash is of other ones, a quick {SSHA} perhaps, as well.
 *
 * A password that was right a short while ago is so without a hash (proven.h), as long as the same
 * hash is stored; all else about the user is asked each time. What is no right password of a user
 * who may log in by this protocol costs its hash, proven or not.
 *
 * A password may also be one of the user's app passwords (app-password.h). Those need no slow hash,
 * so they are tried before, on the loop, and guesses at the account do not count against them; only
 * where none is right does the password of the account cost its hash, whatever comes of it. An app
 * password that is over, or of another protocol or network, is a wrong one, as is the password of a
 * user who needs app passwords: the log alone says why.
 *
 * Who guesses is refused before anything is hashed (sentry.h), whether the password is right or
 * not, with a temporary failure. Once it is hashed the guard is asked again: of many guesses at a
 * time no more are answered than of as many one after another.
 *
 * A right password whose hash was made with other parameters is hashed anew, and the use of an app
 * password is noted (credential-writer.h). Who is switched off, or may not log in by this protocol,
 * is told so only with the right password. Each verification leaves one line in the log. The
 * password is wiped as soon as it has been hashed.
 */

#include "authd/account.h"
#include "authd/credential-writer.h"
#include "authd/directory.h"
#include "authd/login-request.h"
#include "authd/pool.h"
#include "authd/proven.h"
#include "authd/sentry.h"
#include "lib/store/password.h"

/* What a hash costs, by the settings. */
struct verify_cost {
    uint64_t memory_bytes;
    unsigned passes;
};

/* What all verifications share; owned by the daemon. */
struct verifier {
    struct directory *directory;
    struct pool *pool;
    struct credential_writer *writer;
    struct proven *proven;
    struct sentry *sentry;
    struct account_rule rule;
    struct verify_cost cost;
    char nobody[PASSWORD_HASH_MAX]; /* the hash for unknown users */
};

enum verify_result {
    VERIFY_OK,
    VERIFY_MISMATCH,
    VERIFY_UNKNOWN,
    VERIFY_DISABLED,
    VERIFY_TEMPORARY, /* something fails; asking again may help at once */
    VERIFY_REFUSED    /* "temporary" too: too many wait, or the guard refuses */
};

const char *verify_result_word(enum verify_result result);

/* account: NULL but for VERIFY_OK. reason: NULL but for the last two. */
typedef void verify_done_fn(void *context, uint32_t id, enum verify_result result,
    const struct account *account, const char *reason);

struct verify;

/* Takes the cost of a hash into force and makes the hash for unknown users with it. */
enum err verifier_set_cost(
    struct verifier *verifier, const struct verify_cost *cost, struct failure *failure);

/* Logs why a request gets a temporary failure, once for each cause; returns what the client is
 * told.
 */
const char *verifier_note_failure(struct verifier *verifier, const struct failure *failure);

/*
 * Starts one, and calls done() once: at once (NULL is returned then), or later. The request may
 * go when this returns.
 */
struct verify *verify_start(struct verifier *verifier, const struct login_request *request,
    verify_done_fn *done, void *context);
/* Nobody waits for it any more: done() will not be called. */
void verify_forget(struct verify *verify);
