/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The signing keys of all domains, parsed when first needed and kept: an LRU cache of key sets in
 * front of the keys database. A hundred thousand domains cost nothing at start; a change made by
 * mailctl is seen without a restart, since the database's data version is looked at. So is a file
 * that was removed (a failure, never "no keys") or replaced (a backup that was put back).
 *
 * Any thread. A hit holds a short lock; a miss holds another one over the reading (there is one
 * connection), none over the parsing.
 */

#include "milter/key-set.h"

#define KEYSTORE_SETS_MAX 10000 /* about 6 KB for a domain with an RSA and an Ed25519 key */
/*
 * How long a set is used without a look at the database. That a domain has no keys is looked up
 * afresh for each message: it would go out unsigned.
 */
#define KEYSTORE_TRUST_MS 1000
#define KEYSTORE_WALK_MAX 16 /* labels of a From domain that are walked up */

struct keystore;

/* The database is opened when first needed, and again after an error or a change of file. Copies
 * state_directory. */
struct keystore *keystore_new(const char *state_directory);
/* Opens the database now, for whoever wants to know (start-up); it is tried again later anyway. */
enum err keystore_try(struct keystore *keystore, struct failure *failure);
void keystore_free(struct keystore **keystore);

/*
 * The active keys of domain (normalized) or of its nearest parent that has some; single labels
 * are not looked at. One reference. ERR_ABSENT: there are none. Else: it cannot be told now.
 */
enum err keystore_find(
    struct keystore *keystore, struct text domain, struct key_set **set_r, struct failure *failure);
