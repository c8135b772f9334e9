/* SPDX-License-Identifier: MIT */
#include "openssl-work.h"

#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

void work_must(int good)
{
    if (good != 1) {
        fprintf(stderr, "bench: OpenSSL failed\n");
        exit(1);
    }
}

static EVP_PKEY_CTX *prepared(const struct work *work, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(work->key, NULL);

    work_must(context != NULL);
    work_must(init(context));
    work_must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING));
    work_must(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()));
    return context;
}

void work_rsa_sign(struct work *work)
{
    EVP_PKEY_CTX *context = prepared(work, EVP_PKEY_sign_init);

    work->signature_size = sizeof work->signature;
    work_must(EVP_PKEY_sign(
        context, work->signature, &work->signature_size, work->digest, sizeof work->digest));
    EVP_PKEY_CTX_free(context);
}

void work_rsa_verify(struct work *work)
{
    EVP_PKEY_CTX *context = prepared(work, EVP_PKEY_verify_init);

    work_must(EVP_PKEY_verify(
        context, work->signature, work->signature_size, work->digest, sizeof work->digest));
    EVP_PKEY_CTX_free(context);
}

void work_ed25519_sign(struct work *work)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    work->signature_size = sizeof work->signature;
    work_must(context != NULL);
    work_must(EVP_DigestSignInit(context, NULL, NULL, NULL, work->key));
    work_must(EVP_DigestSign(
        context, work->signature, &work->signature_size, work->digest, sizeof work->digest));
    EVP_MD_CTX_free(context);
}

void work_rsa(struct work *work)
{
    *work = (struct work){.key = EVP_RSA_gen(2048)};
    work_must(work->key != NULL);
    work_rsa_sign(work);
}

void work_ed25519(struct work *work)
{
    *work = (struct work){.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    work_must(work->key != NULL);
    work_ed25519_sign(work);
}

void work_free(struct work *work)
{
    EVP_PKEY_free(work->key);
    work->key = NULL;
}
