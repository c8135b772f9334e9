/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The active signing keys of one domain, parsed. A set is immutable and counted: the key store
 * keeps one reference while it is cached, each message that signs holds another. Any thread.
 */

#include "lib/base/error.h"
#include "lib/mailauth/key.h"
#include "lib/store/dkim-key.h"

struct key_set_item {
    struct text selector;
    struct private_key *key;
};

struct key_set;

/*
 * Parses the keys of a list, whose PEM texts are overwritten. ERR_CRYPTO or ERR_CORRUPT where one
 * does not parse: a domain that should carry two signatures does not quietly get one. One
 * reference. An empty list gives an empty set.
 */
enum err key_set_parse(struct text domain, const struct dkim_key_list *list, struct key_set **set_r,
    struct failure *failure);
struct key_set *key_set_hold(struct key_set *set);
/* Clears the pointer; accepts a pointer to NULL. */
void key_set_release(struct key_set **set);

struct text key_set_domain(const struct key_set *set);
size_t key_set_count(const struct key_set *set);
/* Ed25519 keys come before RSA: what is inserted on top last is what everybody can verify. */
const struct key_set_item *key_set_item(const struct key_set *set, size_t index);
