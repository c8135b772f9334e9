/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A secret that is shared with a name server (RFC 8945), from a file as the servers' own tools
 * write it: "key "NAME" { algorithm ...; secret "..."; };" (BIND's tsig-keygen), or one line
 * "ALGORITHM:NAME:SECRET", which Knot's keymgr puts behind a "#". A plain value that holds a
 * secret: wipe it.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define TSIG_KEY_FILE_MAX_BYTES ((size_t)16 * 1024)
#define TSIG_SECRET_MAX_BYTES 512
#define TSIG_NAME_MAX 253

enum tsig_algorithm { TSIG_SHA1, TSIG_SHA224, TSIG_SHA256, TSIG_SHA384, TSIG_SHA512 };

/* "hmac-sha256": the name that the wire has, too. */
const char *tsig_algorithm_word(enum tsig_algorithm algorithm);

struct tsig_key {
    char name[TSIG_NAME_MAX + 1]; /* lower case, without final dot */
    enum tsig_algorithm algorithm;
    unsigned char secret[TSIG_SECRET_MAX_BYTES];
    size_t secret_len;
};

/* ERR_SYNTAX: neither form. ERR_UNSUPPORTED: HMAC-MD5, which nobody may use (RFC 8945 §6). */
enum err tsig_key_parse(struct text content, struct tsig_key *key_r, struct failure *failure);
void tsig_key_wipe(struct tsig_key *key);
