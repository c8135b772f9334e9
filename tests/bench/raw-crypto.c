/* SPDX-License-Identifier: MIT */
/*
 * usage: raw-crypto
 *
 * What OpenSSL itself takes, as milliseconds of CPU, one "NAME VALUE" a line: one RSA-2048
 * signature verified and made, one Ed25519 signature made, each with a key that was parsed before;
 * and SHA-256 of a mebibyte. One after the other in one process, with warm caches.
 */
#include "openssl-work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SPAN_S 0.5 /* of CPU, for each figure */
#define MEBIBYTE (1 << 20)

static unsigned char bytes[MEBIBYTE];

static void sha256(struct work *work)
{
    work_must(EVP_Digest(bytes, sizeof bytes, work->digest, NULL, EVP_sha256(), NULL));
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
    struct work work;

    tell("sha256_mebibyte", sha256, &work);
    work_rsa(&work);
    tell("rsa_sign", work_rsa_sign, &work);
    tell("rsa_verify", work_rsa_verify, &work);
    work_free(&work);
    work_ed25519(&work);
    tell("ed25519_sign", work_ed25519_sign, &work);
    work_free(&work);
    return 0;
}
