/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/digest.h"

#include <pthread.h>

#include <openssl/evp.h>

#include "lib/base/memory.h"

struct digest {
    EVP_MD_CTX *context;
    bool failed;
};

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

/* OpenSSL looks an algorithm up by name each time unless it is fetched. */
static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

struct digest *digest_new(void)
{
    struct digest *digest = memory_alloc(sizeof *digest);

    pthread_once(&fetched, fetch_sha256);
    digest->context = EVP_MD_CTX_new();
    digest->failed = sha256 == NULL || digest->context == NULL ||
                     EVP_DigestInit_ex2(digest->context, sha256, NULL) != 1;
    return digest;
}

void digest_free(struct digest **digest)
{
    if (*digest == NULL)
        return;
    EVP_MD_CTX_free((*digest)->context);
    memory_free(digest);
}

void digest_add(struct digest *digest, struct text bytes)
{
    if (!digest->failed && EVP_DigestUpdate(digest->context, bytes.data, bytes.len) != 1)
        digest->failed = true;
}

bool digest_finish(struct digest *digest, unsigned char digest_r[DIGEST_LEN])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (digest->failed || EVP_DigestFinal_ex(digest->context, bytes, &len) != 1 ||
        len != DIGEST_LEN) {
        digest->failed = true;
        return false;
    }
    memcpy(digest_r, bytes, DIGEST_LEN);
    return true;
}
