/* SPDX-License-Identifier: MIT */
#pragma once

/* Addresses of messages as the directory has them. Pure functions, any thread. */

#include "lib/base/arena.h"

/*
 * "local@domain": ASCII letters in lower case, the domain normalized. local_part without quotes.
 * False where the domain is none, or something is hidden.
 */
bool address_fold(
    struct text local_part, struct text domain, struct arena *arena, struct text *address_r);
/* The same of an address of the envelope, without <>: quotes around the local part go. */
bool address_fold_path(struct text address, struct arena *arena, struct text *address_r);
