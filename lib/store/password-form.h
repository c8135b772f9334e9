/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a password hash has everything that its method writes: one that was cut off while it was
 * copied matches no password, and nobody would notice before the first login. Its cost is
 * password.c's business. Pure; any thread.
 */

#include "lib/base/text.h"

/*
 * "$5$salt$digest" and so on: the salt of a length that crypt(3) gives back as it is, the digest of
 * its method's length. False for methods other than $1$, $2?$, $5$, $6$, $7$, $y$ and $gy$.
 */
bool password_form_is_crypt(struct text hash);

/* "salt$digest" of Argon2, behind the parameters: base64 without padding, not too short. */
bool password_form_is_argon2(struct text rest);
