/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an app password (app-password.h) is made of: 130 bits of chance, written as 26 letters and
 * digits with a hyphen after every five or so, none of which is taken for another one. Nobody can
 * guess it, so its hash need not be slow: BLAKE2b with a salt, and a login with one costs no memory
 * of Argon2. What is made here is a secret of the caller, who wipes it. Any thread.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

#define APP_SECRET_LEN 26
/* As it is shown, with its hyphens and a NUL. */
#define APP_SECRET_TEXT_MAX 32
/* "{APP}", salt and hash in base64, with the NUL. */
#define APP_SECRET_HASH_MAX 96

/* Makes one, as it is shown: "k3mtw-9xq4h-...". */
void app_secret_make(char text_r[APP_SECRET_TEXT_MAX]);
/* ERR_SYNTAX: that is none. */
enum err app_secret_hash(struct text secret, char hash_r[APP_SECRET_HASH_MAX]);
/*
 * True where what somebody gave for a password has the form of one; blanks, hyphens and case do
 * not matter. *canonical_r, without a NUL, is what its hash is made of.
 */
bool app_secret_parse(struct text given, char canonical_r[APP_SECRET_LEN]);
/* In constant time. False, too, for a hash of another form. */
bool app_secret_matches(struct text hash, const char canonical[APP_SECRET_LEN]);
