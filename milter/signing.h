/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which keys sign for a domain: those of the keystore, unless the directory says that the domain
 * does not sign ("mailctl domain set --signing off"). What it said is believed as long as keys are
 * (KEYSTORE_TRUST_MS), so that the messages of a busy moment share one question. Any thread; no
 * lock is held over the question.
 */

#include "milter/directory-pool.h"
#include "milter/keystore.h"

#define SIGNING_NAMES_MAX 10000 /* answers that are kept */

struct signing;

/* Both stay the caller's, and outlive it. */
struct signing *signing_new(struct directory_pool *directory, struct keystore *keystore);
/* Accepts a pointer to NULL. */
void signing_free(struct signing **signing);

/*
 * As keystore_find(), and ERR_ABSENT too where the domain of the directory that is nearest, the
 * name itself or one above it, does not sign. A name that lies in none of them signs with the keys
 * that it has. Where the directory cannot be read it cannot be told now. One reference.
 */
enum err signing_find_keys(
    struct signing *signing, struct text domain, struct key_set **set_r, struct failure *failure);
