/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * With which keys sign and seal work: one from a file, or those of a domain in the database, as
 * --domain, --selector, --key and --allow-short-key say.
 */

#include "lib/mailauth/key.h"
#include "mailctl/invocation.h"

#define SIGNING_KEYS_MAX 16

#define SIGNING_KEYS_SHORT_OPTION                                                                  \
    {                                                                                              \
        "allow-short-key", NULL,                                                                   \
            "with --key: RSA under 1024 bits too; receivers reject such signatures"                \
    }

struct signing_key {
    struct text selector;
    struct private_key *key;
};

struct signing_keys {
    struct text domain;
    struct signing_key items[SIGNING_KEYS_MAX];
    size_t count;
};

/* At least one key: EX_OK; or the exit status after the complaint. signing_keys_done() in any case;
   before the call keys_r->count is 0. */
int signing_keys_read(struct invocation *invocation, struct signing_keys *keys_r);
void signing_keys_done(struct signing_keys *keys);
