/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The two tables by which OpenDKIM knows its keys (opendkim.conf(5)): KeyTable gives each key's
 * name a domain, a selector and a file; SigningTable says which senders are signed with which key.
 * Plain files of lines "NAME VALUE", with # for comments. Pure: no file is opened here.
 *
 * "%" stands for the sender's domain, so such a key is one for each domain that SigningTable names.
 * Keys that stand in KeyTable itself are not taken: a secret does not belong into such a file.
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define OPENDKIM_TABLES_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define OPENDKIM_TABLES_MAX_KEYS ((size_t)200000)

struct opendkim_key {
    struct text domain, selector; /* as they are written */
    struct text path;             /* of the private key */
};

struct opendkim_keys {
    const struct opendkim_key *items; /* in the order of the tables */
    size_t count;
};

/*
 * signing_table NULL: the keys of key_table alone, of which none may need a sender's domain. Else
 * those that it names. ERR_SYNTAX, ERR_LIMIT, ERR_ABSENT (a key that is named and not there), with
 * the line in the failure.
 */
enum err opendkim_tables_read(struct text key_table, const struct text *signing_table,
    struct arena *arena, struct opendkim_keys *keys_r, struct failure *failure);
/* SigningTable is for refile:, since other forms of it take one key for each sender. */
void opendkim_tables_write(
    const struct opendkim_keys *keys, struct buffer *key_table, struct buffer *signing_table);
