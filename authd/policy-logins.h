/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which failures belong to one login. A mail program that has a wrong password tries it by each
 * mechanism it knows, in turn: CRAM-MD5, PLAIN, LOGIN, and Dovecot reports three failures. What
 * comes in the same session for the same name within a minute is one login, as long as no mechanism
 * comes again and no other password does. Postfix names no session: there the client's address
 * stands for it.
 *
 * Of a mechanism that does not show the password (CRAM-MD5, SCRAM) nobody can tell whether it was
 * another one; so a guesser who takes turns among the mechanisms is counted once for each turn.
 *
 * Remembered in a table of fixed size, in which a new login takes an older one's place: then a
 * failure is counted once more. One thread.
 */

#include "authd/policy-request.h"

struct policy_logins;

struct policy_logins *policy_logins_new(void);
void policy_logins_free(struct policy_logins **logins);
/* Notes a failure. False where it is part of a login that was counted already. now: seconds. */
bool policy_logins_note(
    struct policy_logins *logins, const struct policy_request *request, int64_t now);
/* Whether that mechanism shows Dovecot the password, so that pwhash tells one from another. */
bool policy_mech_shows_password(struct text mech);
