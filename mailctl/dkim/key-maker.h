/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keys come into the database: made, or brought in. Where nobody names a selector it is a dated
 * one, or for domains whose zone leads to another (dkim-delegation.h) one of the names that take
 * turns. Each call is part of the transaction that the caller has begun.
 */

#include "lib/mailauth/key.h"
#include "lib/store/dkim-key.h"
#include "mailctl/invocation.h"

/* Of RSA keys that are made. */
#define KEY_MAKER_BITS_MIN 2048
#define KEY_MAKER_BITS_MAX 4096

struct key_request {
    struct text domain;   /* one of ours */
    struct text selector; /* normalized; empty: chosen */
    struct text replaces; /* the selector of the key whose place it is to take; empty: of none */
    enum key_algorithm algorithm;
    unsigned bits; /* of RSA */
    enum dkim_key_state state;
};

/* Complains, and returns the exit status. The key comes without its PEM. */
int key_maker_make(struct invocation *invocation, struct store *keys,
    const struct key_request *request, struct dkim_key *key_r);
/* The same for a key that is there: algorithm and bits are its own. */
int key_maker_keep(struct invocation *invocation, struct store *keys,
    const struct key_request *request, const struct private_key *private_key,
    struct dkim_key *key_r);
