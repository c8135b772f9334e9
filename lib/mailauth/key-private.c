/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"
#include "lib/mailauth/key.h"

#define GENERATED_BITS_MIN 2048
#define GENERATED_BITS_MAX 4096
#define PEM_MAX_BYTES ((size_t)64 * 1024)
#define ED25519_PUBLIC_LEN 32

struct private_key {
    atomic_uint references;
    enum key_algorithm algorithm;
    EVP_PKEY *pkey;
};

static struct private_key *key_new(enum key_algorithm algorithm, EVP_PKEY *pkey)
{
    struct private_key *key = memory_alloc_zero(1, sizeof *key);

    atomic_init(&key->references, 1);
    key->algorithm = algorithm;
    key->pkey = pkey;
    return key;
}

enum err private_key_generate(enum key_algorithm algorithm, unsigned bits,
    struct private_key **key_r, struct failure *failure)
{
    EVP_PKEY *pkey;

    if (algorithm == KEY_RSA && (bits < GENERATED_BITS_MIN || bits > GENERATED_BITS_MAX))
        return failure_set(failure, ERR_RANGE, "an RSA key has %d to %d bits, not %u",
            GENERATED_BITS_MIN, GENERATED_BITS_MAX, bits);
    pkey = algorithm == KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
                                : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ERR_clear_error();
    if (pkey == NULL)
        return failure_set(failure, ERR_CRYPTO, "the key could not be generated");
    *key_r = key_new(algorithm, pkey);
    return ERR_NONE;
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *room, int size, int is_writing, void *context)
{
    (void)room, (void)size, (void)is_writing, (void)context;
    return -1;
}

static EVP_PKEY *read_pem(struct text pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return pkey;
}

/* What kind of key it is, and whether we take it. */
static enum err judge_key(
    EVP_PKEY *pkey, bool allow_short, enum key_algorithm *algorithm_r, struct failure *failure)
{
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_is_a(pkey, "ED25519")) {
        *algorithm_r = KEY_ED25519;
        return ERR_NONE;
    }
    if (!EVP_PKEY_is_a(pkey, "RSA"))
        return failure_set(
            failure, ERR_UNSUPPORTED, "the key is neither an RSA nor an Ed25519 key");
    if ((bits < KEY_RSA_BITS_MIN && !allow_short) || bits > KEY_RSA_BITS_MAX)
        return failure_set(failure, ERR_RANGE, "an RSA key has %d to %d bits, not %d",
            KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX, bits);
    *algorithm_r = KEY_RSA;
    return ERR_NONE;
}

enum err private_key_parse(
    struct text pem, bool allow_short, struct private_key **key_r, struct failure *failure)
{
    enum key_algorithm algorithm = KEY_RSA;
    EVP_PKEY *pkey;
    enum err err;

    if (pem.len > PEM_MAX_BYTES)
        return failure_set(failure, ERR_LIMIT, "a key file has at most %zu bytes", PEM_MAX_BYTES);
    pkey = read_pem(pem);
    if (pkey == NULL)
        return failure_set(failure, ERR_SYNTAX, "no private key in PEM form without a passphrase");
    err = judge_key(pkey, allow_short, &algorithm, failure);
    if (err != ERR_NONE) {
        EVP_PKEY_free(pkey);
        return err;
    }
    *key_r = key_new(algorithm, pkey);
    return ERR_NONE;
}

struct private_key *private_key_hold(struct private_key *key)
{
    atomic_fetch_add(&key->references, 1);
    return key;
}

void private_key_release(struct private_key **key)
{
    if (*key == NULL)
        return;
    /* OpenSSL wipes the secret numbers as it frees them. */
    if (atomic_fetch_sub(&(*key)->references, 1) == 1) {
        EVP_PKEY_free((*key)->pkey);
        free(*key);
    }
    *key = NULL;
}

enum key_algorithm private_key_algorithm(const struct private_key *key)
{
    return key->algorithm;
}

unsigned private_key_bits(const struct private_key *key)
{
    return key->algorithm == KEY_RSA ? (unsigned)EVP_PKEY_get_bits(key->pkey) : 256;
}

enum err private_key_format_pem(const struct private_key *key, struct buffer *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    enum err err = ERR_CRYPTO;
    char *data;
    long len;

    if (bio != NULL &&
        PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        len = BIO_get_mem_data(bio, &data);
        buffer_append(pem, data, (size_t)len);
        err = ERR_NONE;
    }
    BIO_free(bio); /* wipes its memory */
    ERR_clear_error();
    return err;
}

/* What p= holds: SubjectPublicKeyInfo, or the bare 32 bytes (RFC 8463 §4). OPENSSL_free() it. */
static size_t public_bytes(const struct private_key *key, unsigned char **bytes_r)
{
    size_t len = ED25519_PUBLIC_LEN;
    int der_len;

    if (key->algorithm == KEY_RSA) {
        *bytes_r = NULL;
        der_len = i2d_PUBKEY(key->pkey, bytes_r);
        return der_len > 0 ? (size_t)der_len : 0;
    }
    *bytes_r = OPENSSL_malloc(len);
    if (*bytes_r == NULL || EVP_PKEY_get_raw_public_key(key->pkey, *bytes_r, &len) != 1)
        return 0;
    return len;
}

enum err private_key_format_record(const struct private_key *key, struct buffer *record)
{
    unsigned char *bytes = NULL;
    size_t len = public_bytes(key, &bytes);

    if (len != 0) {
        buffer_append_format(
            record, "v=DKIM1; k=%s; p=", key->algorithm == KEY_RSA ? "rsa" : "ed25519");
        base64_encode(bytes, len, buffer_reserve(record, BASE64_ENCODED_LEN(len) + 1));
        record->len += BASE64_ENCODED_LEN(len);
    }
    OPENSSL_free(bytes);
    ERR_clear_error();
    return len != 0 ? ERR_NONE : ERR_CRYPTO;
}

static bool sign_rsa(
    EVP_PKEY *pkey, const unsigned char digest[32], unsigned char *signature_r, size_t *len)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool is_done = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
                   EVP_PKEY_sign(context, signature_r, len, digest, 32) == 1;

    EVP_PKEY_CTX_free(context);
    return is_done;
}

static bool sign_ed25519(
    EVP_PKEY *pkey, const unsigned char digest[32], unsigned char *signature_r, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL &&
                   EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL) == 1 &&
                   EVP_DigestSign(context, signature_r, len, digest, 32) == 1;

    EVP_MD_CTX_free(context);
    return is_done;
}

enum err private_key_sign(const struct private_key *key, const unsigned char digest[32],
    unsigned char *signature_r, size_t *len_r)
{
    size_t len = KEY_RSA_BITS_MAX / 8;
    bool is_done = key->algorithm == KEY_RSA ? sign_rsa(key->pkey, digest, signature_r, &len)
                                             : sign_ed25519(key->pkey, digest, signature_r, &len);

    ERR_clear_error();
    if (!is_done)
        return ERR_CRYPTO;
    *len_r = len;
    return ERR_NONE;
}
