/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The key that Dovecot shows with its policy requests, from a file of one line. Read at start and
 * reload, by the daemon's user.
 */

#include "lib/base/error.h"

/* With the NUL behind it. */
#define POLICY_KEY_MAX 256
/* Shorter ones can be guessed. */
#define POLICY_KEY_MIN_LEN 16

/*
 * path "": the key is empty. ERR_ABSENT, ERR_ACCESS, ERR_IO; ERR_SYNTAX: not one line of 16 to 255
 * visible ASCII characters; ERR_REFUSED: everybody may read it.
 */
enum err policy_key_read(const char *path, char key_r[POLICY_KEY_MAX], struct failure *failure);
