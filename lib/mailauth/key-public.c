/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdatomic.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"
#include "lib/mailauth/key-cache.h"
#include "lib/mailauth/key-record.h"

struct public_key {
    atomic_uint references;
    enum key_algorithm algorithm;
    unsigned bits;
    bool is_testing, is_strict;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *prepared; /* for RSA: each check takes a copy, which costs less than a new one */
};

const char *key_algorithm_word(enum key_algorithm algorithm)
{
    return algorithm == KEY_ED25519 ? "ed25519-sha256" : "rsa-sha256";
}

const char *key_status_text(enum key_status status)
{
    switch (status) {
    case KEY_OK:
        return "key good";
    case KEY_REVOKED:
        return "key revoked";
    case KEY_UNSUITED:
        return "key not for this use";
    case KEY_TOO_SHORT:
        return "key size not accepted";
    case KEY_MALFORMED:
        break;
    }
    return "key record malformed";
}

/* SubjectPublicKeyInfo, as everybody publishes it, or the bare RSAPublicKey that RFC 6376 names. */
static EVP_PKEY *decode_rsa(const unsigned char *der, size_t len)
{
    EVP_PKEY *pkey = NULL;
    OSSL_DECODER_CTX *decoder =
        OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", NULL, "RSA", EVP_PKEY_PUBLIC_KEY, NULL, NULL);

    if (decoder == NULL || OSSL_DECODER_from_data(decoder, &der, &len) != 1 || len != 0) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    OSSL_DECODER_CTX_free(decoder);
    return pkey;
}

static EVP_PKEY *decode_key(enum key_algorithm algorithm, struct text data)
{
    unsigned char *der = memory_alloc(BASE64_DECODED_MAX(data.len));
    EVP_PKEY *pkey = NULL;
    size_t len;

    if (base64_decode(data, der, &len)) {
        if (algorithm == KEY_RSA)
            pkey = decode_rsa(der, len);
        else
            pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, der, len);
    }
    ERR_clear_error();
    free(der);
    return pkey;
}

/*
 * Checking a signature takes time in proportion to the exponent's length: one as long as the
 * modulus would let a sender spend ours. 65537 is what everybody has. An even one is none
 * (RFC 8017 §3.1), and with 1 anybody signs.
 */
static bool has_good_exponent(const EVP_PKEY *pkey)
{
    BIGNUM *exponent = NULL;
    bool is_good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
                   BN_num_bits(exponent) <= KEY_RSA_EXPONENT_BITS_MAX && BN_is_odd(exponent) &&
                   !BN_is_one(exponent);

    BN_free(exponent);
    return is_good;
}

/* KEY_OK, KEY_MALFORMED or KEY_TOO_SHORT. */
static enum key_status check_rsa(const EVP_PKEY *pkey)
{
    int bits = EVP_PKEY_get_bits(pkey);

    if (bits < KEY_RSA_BITS_MIN || bits > KEY_RSA_BITS_MAX)
        return KEY_TOO_SHORT;
    return has_good_exponent(pkey) ? KEY_OK : KEY_MALFORMED;
}

static EVP_PKEY_CTX *prepare_rsa(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    if (context != NULL && EVP_PKEY_verify_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1)
        return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

static enum key_status make_key(const struct key_record *record, struct public_key **key_r)
{
    EVP_PKEY *pkey = decode_key(record->algorithm, record->data);
    struct public_key *key;
    enum key_status status = KEY_OK;

    if (pkey == NULL)
        return KEY_MALFORMED;
    if (record->algorithm == KEY_RSA)
        status = check_rsa(pkey);
    if (status != KEY_OK) {
        EVP_PKEY_free(pkey);
        return status;
    }
    key = memory_alloc_zero(1, sizeof *key);
    atomic_init(&key->references, 1);
    key->algorithm = record->algorithm;
    key->bits = (unsigned)EVP_PKEY_get_bits(pkey);
    key->is_testing = record->is_testing;
    key->is_strict = record->is_strict;
    key->pkey = pkey;
    key->prepared = key->algorithm == KEY_RSA ? prepare_rsa(pkey) : NULL;
    *key_r = key;
    return KEY_OK;
}

enum key_status public_key_parse(struct text record, struct public_key **key_r)
{
    struct arena *arena;
    struct key_record parsed;
    struct public_key *key = NULL;
    enum key_status status;

    if (record.len > KEY_RECORD_MAX_BYTES)
        return KEY_MALFORMED;
    if (key_cache_find(record, &status, key_r))
        return status;
    arena = arena_new();
    status = key_record_parse(record, arena, &parsed);
    if (status == KEY_OK)
        status = make_key(&parsed, &key);
    arena_free(&arena);
    key_cache_put(record, status, key);
    if (status == KEY_OK)
        *key_r = key;
    return status;
}

struct public_key *public_key_hold(struct public_key *key)
{
    atomic_fetch_add(&key->references, 1);
    return key;
}

void public_key_release(struct public_key **key)
{
    if (*key == NULL)
        return;
    if (atomic_fetch_sub(&(*key)->references, 1) == 1) {
        EVP_PKEY_CTX_free((*key)->prepared);
        EVP_PKEY_free((*key)->pkey);
        free(*key);
    }
    *key = NULL;
}

enum key_algorithm public_key_algorithm(const struct public_key *key)
{
    return key->algorithm;
}

unsigned public_key_bits(const struct public_key *key)
{
    return key->bits;
}

bool public_key_is_testing(const struct public_key *key)
{
    return key->is_testing;
}

bool public_key_is_strict(const struct public_key *key)
{
    return key->is_strict;
}

/* A key whose context could not be made ready, for want of memory, must not be told as a bad one.
 */
static bool verify_rsa(const struct public_key *key, const unsigned char digest[32],
    const unsigned char *signature, size_t len)
{
    EVP_PKEY_CTX *context =
        key->prepared != NULL ? EVP_PKEY_CTX_dup(key->prepared) : prepare_rsa(key->pkey);
    bool is_good = context != NULL && EVP_PKEY_verify(context, signature, len, digest, 32) == 1;

    EVP_PKEY_CTX_free(context);
    return is_good;
}

static bool verify_ed25519(
    EVP_PKEY *pkey, const unsigned char digest[32], const unsigned char *signature, size_t len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context != NULL &&
                   EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL) == 1 &&
                   EVP_DigestVerify(context, signature, len, digest, 32) == 1;

    EVP_MD_CTX_free(context);
    return is_good;
}

bool public_key_verify(const struct public_key *key, const unsigned char digest[32],
    const unsigned char *signature, size_t signature_len)
{
    bool is_good = key->algorithm == KEY_RSA
                       ? verify_rsa(key, digest, signature, signature_len)
                       : verify_ed25519(key->pkey, digest, signature, signature_len);

    ERR_clear_error();
    return is_good;
}
