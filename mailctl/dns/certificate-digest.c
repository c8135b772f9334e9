/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/certificate-digest.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

/* A protected key is no use here, and nobody is to be asked for its password. */
static int no_password(char *room, int size, int is_writing, void *context)
{
    (void)room;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static EVP_PKEY *key_of_certificate(BIO *pem)
{
    X509 *certificate = PEM_read_bio_X509(pem, NULL, no_password, NULL);
    EVP_PKEY *key = certificate != NULL ? X509_get_pubkey(certificate) : NULL;

    X509_free(certificate);
    return key;
}

static EVP_PKEY *key_of_request(BIO *pem)
{
    X509_REQ *request = PEM_read_bio_X509_REQ(pem, NULL, no_password, NULL);
    EVP_PKEY *key = request != NULL ? X509_REQ_get_pubkey(request) : NULL;

    X509_REQ_free(request);
    return key;
}

static EVP_PKEY *key_itself(BIO *pem)
{
    return PEM_read_bio_PUBKEY(pem, NULL, no_password, NULL);
}

static EVP_PKEY *key_of_private(BIO *pem)
{
    return PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
}

/* The first way that leads to a key. */
static EVP_PKEY *find_key(struct text pem)
{
    static EVP_PKEY *(*const ways[])(BIO *) = {
        key_of_certificate, key_of_request, key_itself, key_of_private};
    EVP_PKEY *key = NULL;

    for (size_t i = 0; key == NULL && i < sizeof ways / sizeof *ways; i++) {
        BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);

        if (bio != NULL)
            key = ways[i](bio);
        BIO_free(bio);
    }
    ERR_clear_error();
    return key;
}

enum err certificate_digest(
    struct text pem, unsigned char digest_r[CERTIFICATE_DIGEST_BYTES], struct failure *failure)
{
    EVP_PKEY *key = pem.len != 0 && pem.len <= CERTIFICATE_FILE_MAX_BYTES ? find_key(pem) : NULL;
    unsigned char *info = NULL;
    int len = key != NULL ? i2d_PUBKEY(key, &info) : 0;

    if (len > 0)
        SHA256(info, (size_t)len, digest_r);
    OPENSSL_free(info);
    EVP_PKEY_free(key);
    return len > 0 ? ERR_NONE
                   : failure_set(
                         failure, ERR_SYNTAX, "there is no certificate and no key in PEM in it");
}
