/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Signatures of DNS messages by a shared secret (RFC 8945): ours are signed, and of the answers
 * only those count that the other side has signed in return. Pure functions of the bytes and the
 * time.
 */

#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "mailctl/dns/tsig-key.h"

#define TSIG_MAC_MAX_BYTES 64
#define TSIG_FUDGE_S 300 /* §10 */

struct tsig_mac {
    unsigned char bytes[TSIG_MAC_MAX_BYTES];
    size_t len;
};

/*
 * Signs a whole message (dns/message.h) and appends the record; the signature is what the answer's
 * hangs on. ERR_CRYPTO.
 */
enum err tsig_sign(const struct tsig_key *key, int64_t now, struct buffer *message,
    struct tsig_mac *mac_r, struct failure *failure);

/*
 * The answer to a message that was signed with that mac. ERR_ACCESS: the server refuses the key,
 * the signature or the time; the failure says which. ERR_REFUSED: not signed, or not by who has
 * the key. ERR_SYNTAX: no message.
 */
enum err tsig_verify(const struct tsig_key *key, const struct tsig_mac *mac, int64_t now,
    struct text message, struct failure *failure);
