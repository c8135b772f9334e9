/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A SHA-256 under way. Heap object with one owner; one thread at a time. The hash function is
 * looked up once in a process. A failure of the library sticks and is told at the end.
 */

#include <stdbool.h>

#include "lib/base/text.h"

#define DIGEST_LEN 32

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest **digest);
void digest_add(struct digest *digest, struct text bytes);
/* False where the cryptographic library failed. Nothing may be added afterwards. */
bool digest_finish(struct digest *digest, unsigned char digest_r[DIGEST_LEN]);
