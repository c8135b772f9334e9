/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The hashes of one body: each canonicalization runs once and feeds all hashes that were asked of
 * it, which differ in their length limit (l=). Belongs to a message and its thread.
 */

#include "lib/mailauth/message.h"

struct body_hashes;

struct body_hashes *body_hashes_new(struct arena *arena);
/* Frees what the arena does not hold; accepts a pointer to NULL. */
void body_hashes_done(struct body_hashes **hashes);
/* ERR_LIMIT beyond MESSAGE_HASHES_MAX different pairs. Before the first piece only. */
enum err body_hashes_want(struct body_hashes *hashes, enum canon canon, uint64_t limit);
void body_hashes_add(struct body_hashes *hashes, struct text piece);
void body_hashes_end(struct body_hashes *hashes);
/* NULL before the end, for a pair not asked for, and where the cryptographic library failed. */
const struct message_body_hash *body_hashes_find(
    const struct body_hashes *hashes, enum canon canon, uint64_t limit);
