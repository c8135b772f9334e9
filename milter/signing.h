/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which keys sign for a domain: those of the keystore, unless the directory says that the domain
 * does not sign ("mailctl domain set --signing off"). What it says counts from the next message on.
 * Any thread.
 */

#include "milter/directory-pool.h"
#include "milter/keystore.h"

/*
 * As keystore_find(), and ERR_ABSENT too where the domain of the directory that is nearest, the
 * name itself or one above it, does not sign. A name that lies in none of them signs with the keys
 * that it has. Where the directory cannot be read it cannot be told now.
 */
enum err signing_find_keys(struct directory_pool *directory, struct keystore *keystore,
    struct text domain, struct key_set **set_r, struct failure *failure);
