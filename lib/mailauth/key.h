/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DKIM keys: public ones as DNS shows them (RFC 6376 §3.6.1, RFC 8301, RFC 8463), private ones as
 * mailctl makes and the milter uses them. Decoding a key costs more than using it, so both are
 * parsed once and shared: a key object is immutable, counted, and good for any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/error.h"

enum key_algorithm { KEY_RSA, KEY_ED25519 };

#define KEY_RECORD_MAX_BYTES ((size_t)16 * 1024)
#define KEY_RSA_BITS_MIN 1024 /* RFC 8301 §3.2 */
#define KEY_RSA_BITS_MAX 8192
#define KEY_RSA_EXPONENT_BITS_MAX 64 /* of public keys */

/* "rsa-sha256", "ed25519-sha256". */
const char *key_algorithm_word(enum key_algorithm algorithm);

/* --- public keys --- */
struct public_key;

enum key_status {
    KEY_OK,
    KEY_REVOKED,   /* p= is empty */
    KEY_MALFORMED, /* not a key record, or its key does not decode or is no good */
    KEY_UNSUITED,  /* not for e-mail (s=), or h= without sha256, or k= unknown */
    KEY_TOO_SHORT  /* RSA under KEY_RSA_BITS_MIN; or over KEY_RSA_BITS_MAX */
};

/* Words for a status, for the reason in results: "key revoked". */
const char *key_status_text(enum key_status status);

/*
 * Parses a key record. On KEY_OK *key_r holds one reference. Results are cached by the record's
 * text in a small process-wide LRU, so that the same record is decoded once.
 */
enum key_status public_key_parse(struct text record, struct public_key **key_r);
struct public_key *public_key_hold(struct public_key *key);
void public_key_release(struct public_key **key);
enum key_algorithm public_key_algorithm(const struct public_key *key);
unsigned public_key_bits(const struct public_key *key);
bool public_key_is_testing(const struct public_key *key); /* t=y */
bool public_key_is_strict(const struct public_key *key);  /* t=s: i= may not be below d= */
/*
 * digest is the SHA-256 of the signed data. RSA: PKCS#1 v1.5; Ed25519: PureEdDSA over the digest
 * (RFC 8463 §3). True where the signature is good.
 */
bool public_key_verify(const struct public_key *key, const unsigned char digest[32],
    const unsigned char *signature, size_t signature_len);

/* --- private keys --- */
struct private_key;

/* bits is for RSA: 2048 to 4096. ERR_RANGE, ERR_CRYPTO. */
enum err private_key_generate(enum key_algorithm algorithm, unsigned bits,
    struct private_key **key_r, struct failure *failure);
/*
 * From PEM (PKCS#8 or PKCS#1). RSA under 1024 bits is ERR_RANGE unless allow_short; other kinds
 * are ERR_UNSUPPORTED.
 */
enum err private_key_parse(
    struct text pem, bool allow_short, struct private_key **key_r, struct failure *failure);
struct private_key *private_key_hold(struct private_key *key);
void private_key_release(struct private_key **key);
enum key_algorithm private_key_algorithm(const struct private_key *key);
unsigned private_key_bits(const struct private_key *key);
/* PKCS#8 PEM; a secret: buffer_done_wiped() it. */
enum err private_key_format_pem(const struct private_key *key, struct buffer *pem);
/* "v=DKIM1; k=rsa; p=…": the record to publish, as one text. */
enum err private_key_format_record(const struct private_key *key, struct buffer *record);
/* signature_r has room for KEY_RSA_BITS_MAX / 8 bytes. */
enum err private_key_sign(const struct private_key *key, const unsigned char digest[32],
    unsigned char *signature_r, size_t *len_r);
