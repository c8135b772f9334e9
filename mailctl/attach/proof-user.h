/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The user for one proof: gatepost-proof-HEX@DOMAIN with a random password, made in the directory
 * to log in and send with, and deleted again. Nothing is ever delivered to it. One that a killed
 * run left is found by the whole form of its name and by its display name, and deleted by the next
 * run of attach or detach, which hold the lock of attach/ while they make and delete. Main thread.
 */

#include "lib/store/user.h"
#include "mailctl/invocation.h"

#define PROOF_USER_PREFIX "gatepost-proof-"
#define PROOF_USER_RANDOM_BYTES 8
#define PROOF_USER_NAME "one-time user of mailctl attach"
#define PROOF_USER_PASSWORD_BYTES 24

struct proof_user {
    struct text address;                                  /* in the invocation's arena */
    char password[PROOF_USER_PASSWORD_BYTES / 3 * 4 + 1]; /* base64 */
};

/* Whether it is one that was made here. Pure. */
bool proof_user_is_one(const struct user *user);

enum err proof_user_make(struct invocation *invocation, const struct settings *settings,
    struct text domain, struct proof_user *user_r, struct failure *failure);
/* Whatever fails is warned of: the next run tries again. Wipes the password. */
void proof_user_remove(
    struct invocation *invocation, const struct settings *settings, struct proof_user *user);
/* Deletes what killed runs left, and tells of it; warns of what fails. */
void proof_user_sweep(struct invocation *invocation, const struct settings *settings);
