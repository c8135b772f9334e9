/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a message costs OpenSSL, and nobody can do it with less: signatures with keys that were
 * parsed before. Each function ends the program where OpenSSL fails.
 */
#include <openssl/evp.h>

#define WORK_DIGEST_BYTES 32

/* A key, what is signed with it, and the signature. */
struct work {
    EVP_PKEY *key;
    unsigned char digest[WORK_DIGEST_BYTES], signature[512];
    size_t signature_size;
};

/* A new RSA key of 2048 bits, and a signature by it. work_free() gives it up. */
void work_rsa(struct work *work);

/* The same with Ed25519. */
void work_ed25519(struct work *work);

void work_free(struct work *work);

/* One signature of the digest, made or verified. */
void work_rsa_sign(struct work *work);
void work_rsa_verify(struct work *work);
void work_ed25519_sign(struct work *work);

/* Ends the program unless good is 1, as OpenSSL answers. */
void work_must(int good);
