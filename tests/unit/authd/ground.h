/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Real databases in a temporary directory, for tests of what reads them. The site:
 *
 *   example.org   alice ("alice's"), quota 1000; bob ("bob's"), switched off; carol, no password
 *                 team@ -> alice, bob, x@example.com; boss@ -> team@; loop@ <-> pool@
 *                 off@ -> alice, switched off; @example.org -> alice
 *   closed.example  dave ("dave's"); the domain is switched off
 *   SRS           signed with "tops3cret"
 *   bare.example    erin ("erin's"), whose hash is of another cost
 */

#include "authd/directory.h"

/* Cheap, for tests: what Argon2id permits at the least. */
#define GROUND_MEMORY ((uint64_t)1024 * 1024)
#define GROUND_PASSES 1

struct ground {
    char folder[64]; /* the state directory */
};

void ground_make(struct ground *ground);
void ground_remove(struct ground *ground);
/* The path of a database's file. */
void ground_path(const struct ground *ground, enum store_kind kind, char path_r[256]);
/* What no function of ours does to a database. */
void ground_run_sql(const struct ground *ground, enum store_kind kind, const char *sql);
/* The hash of a user as it is stored now. */
void ground_hash(
    const struct ground *ground, const char *address, char hash_r[CREDENTIAL_HASH_MAX]);
