/* SPDX-License-Identifier: MIT */
/*
 * usage: raw-crypto
 *
 * What OpenSSL itself takes, as milliseconds of CPU, one "NAME VALUE" a line: one RSA-2048
 * signature verified and made, one Ed25519 signature made, each with a key that was parsed before;
 * and SHA-256 of a mebibyte.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SPAN_S 0.5 /* of CPU, for each figure */

struct work {
    EVP_PKEY *key;
    unsigned char digest[32], signature[512];
    size_t signature_size;
    unsigned char *bytes;
};

#define MEBIBYTE (1 << 20)

static void must(int good)
{
    if (good != 1) {
        fprintf(stderr, "raw-crypto: OpenSSL failed\n");
        exit(1);
    }
}

static EVP_PKEY_CTX *prepared(struct work *work, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(work->key, NULL);

    must(context != NULL);
    must(init(context));
    must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING));
    must(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()));
    return context;
}

static void rsa_sign(struct work *work)
{
    EVP_PKEY_CTX *context = prepared(work, EVP_PKEY_sign_init);

    work->signature_size = sizeof work->signature;
    must(EVP_PKEY_sign(
        context, work->signature, &work->signature_size, work->digest, sizeof work->digest));
    EVP_PKEY_CTX_free(context);
}

static void rsa_verify(struct work *work)
{
    EVP_PKEY_CTX *context = prepared(work, EVP_PKEY_verify_init);

    must(EVP_PKEY_verify(
        context, work->signature, work->signature_size, work->digest, sizeof work->digest));
    EVP_PKEY_CTX_free(context);
}

static void ed25519_sign(struct work *work)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    work->signature_size = sizeof work->signature;
    must(context != NULL);
    must(EVP_DigestSignInit(context, NULL, NULL, NULL, work->key));
    must(EVP_DigestSign(
        context, work->signature, &work->signature_size, work->digest, sizeof work->digest));
    EVP_MD_CTX_free(context);
}

static void sha256(struct work *work)
{
    must(EVP_Digest(work->bytes, MEBIBYTE, work->digest, NULL, EVP_sha256(), NULL));
}

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell(const char *name, void (*act)(struct work *), struct work *work)
{
    double began, used;
    long times = 0;

    act(work);
    began = cpu_s();
    do {
        act(work);
        times++;
        used = cpu_s() - began;
    } while (used < SPAN_S);
    printf("%s %.5f\n", name, used * 1000 / (double)times);
}

int main(void)
{
    struct work work = {.bytes = calloc(1, MEBIBYTE)};

    must(work.bytes != NULL);
    tell("sha256_mebibyte", sha256, &work);
    work.key = EVP_RSA_gen(2048);
    must(work.key != NULL);
    tell("rsa_sign", rsa_sign, &work);
    tell("rsa_verify", rsa_verify, &work);
    EVP_PKEY_free(work.key);
    work.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(work.key != NULL);
    tell("ed25519_sign", ed25519_sign, &work);
    EVP_PKEY_free(work.key);
    free(work.bytes);
    return 0;
}
