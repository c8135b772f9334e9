/* SPDX-License-Identifier: MIT */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"
#include "lib/store/password-scheme.h"

#define SALT_MAX 128

/* What a hash of either form says. */
struct derived {
    unsigned char salt[BASE64_DECODED_MAX(SALT_MAX)], digest[EVP_MAX_MD_SIZE];
    size_t salt_len, digest_len;
    uint64_t rounds;
};

/* Of the length that the method writes. */
static bool is_length_right(const struct password_scheme *scheme, const struct derived *derived)
{
    const EVP_MD *digest = EVP_get_digestbyname(scheme->digest);

    return digest != NULL && derived->digest_len == (size_t)EVP_MD_get_size(digest) &&
           derived->salt_len > 0;
}

typedef bool decode_fn(
    const struct password_scheme *scheme, struct text rest, struct derived *derived_r);

static enum err check(decode_fn *decode, const struct password_scheme *scheme, struct text rest,
    struct failure *failure)
{
    struct derived derived;
    bool is_good = decode(scheme, rest, &derived);
    uint64_t rounds = derived.rounds;

    memory_wipe(&derived, sizeof derived);
    if (!is_good)
        return failure_set(failure, ERR_SYNTAX,
            "malformed password hash: cut off, or not of the form that its method writes");
    if (rounds < PASSWORD_ROUNDS_MIN || rounds > PASSWORD_ROUNDS_MAX)
        return failure_set(failure, ERR_RANGE,
            "a password hash of %llu rounds; %d to %d are served here", (unsigned long long)rounds,
            PASSWORD_ROUNDS_MIN, PASSWORD_ROUNDS_MAX);
    return ERR_NONE;
}

static enum password_result compare(
    const struct password_scheme *scheme, const struct derived *derived, struct text password)
{
    unsigned char made[EVP_MAX_MD_SIZE];
    enum password_result result = PASSWORD_FAILED;

    if (PKCS5_PBKDF2_HMAC(password.data, (int)password.len, derived->salt, (int)derived->salt_len,
            (int)derived->rounds, EVP_get_digestbyname(scheme->digest), (int)derived->digest_len,
            made) == 1)
        result = CRYPTO_memcmp(made, derived->digest, derived->digest_len) == 0 ? PASSWORD_MATCHES
                                                                                : PASSWORD_DIFFERS;
    memory_wipe(made, sizeof made);
    return result;
}

static enum password_result verify(
    decode_fn *decode, const struct password_scheme *scheme, struct text rest, struct text password)
{
    enum password_result result = PASSWORD_FAILED;
    struct derived derived;

    if (decode(scheme, rest, &derived))
        result = compare(scheme, &derived, password);
    memory_wipe(&derived, sizeof derived);
    return result;
}

/* --- Dovecot's form --- */

static bool decode_hex(struct text hex, struct derived *derived)
{
    if (hex.len % 2 != 0 || hex.len / 2 > sizeof derived->digest)
        return false;
    for (size_t i = 0; i < hex.len / 2; i++) {
        int high = text_hex_value(hex.data[2 * i]), low = text_hex_value(hex.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        derived->digest[i] = (unsigned char)(high << 4 | low);
    }
    derived->digest_len = hex.len / 2;
    return true;
}

/* "$1$salt$rounds$digest"; the salt is what it looks like. */
static bool decode_dovecot(
    const struct password_scheme *scheme, struct text rest, struct derived *derived_r)
{
    struct text salt, rounds;

    *derived_r = (struct derived){.salt_len = 0};
    rest = text_skip(rest, strlen(scheme->start));
    if (!text_split(&rest, '$', &salt) || !text_split(&rest, '$', &rounds) ||
        salt.len > sizeof derived_r->salt ||
        !text_to_number(rounds, UINT32_MAX, &derived_r->rounds) || !decode_hex(rest, derived_r))
        return false;
    if (salt.len > 0)
        memcpy(derived_r->salt, salt.data, salt.len);
    derived_r->salt_len = salt.len;
    return is_length_right(scheme, derived_r);
}

enum err password_pbkdf2_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure)
{
    return check(decode_dovecot, scheme, rest, failure);
}

enum password_result password_pbkdf2_verify(
    const struct password_scheme *scheme, struct text rest, struct text password)
{
    return verify(decode_dovecot, scheme, rest, password);
}

/* --- the form of LDAP directories --- */

/* Base64 with "." for "+" and without padding; what it gives fits below max bytes. */
static bool decode_adapted(struct text text, unsigned char *bytes_r, size_t max, size_t *len_r)
{
    char plain[SALT_MAX];
    bool is_good;

    if (text.len > sizeof plain || BASE64_DECODED_MAX(text.len) > max)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!text_is_alnum(text.data[i]) && text.data[i] != '.' && text.data[i] != '/')
            return false;
        plain[i] = text.data[i];
        if (plain[i] == '.')
            plain[i] = '+';
    }
    is_good = base64_decode(text_from_bytes(plain, text.len), bytes_r, len_r);
    memory_wipe(plain, sizeof plain);
    return is_good;
}

/* "rounds$salt$digest" */
static bool decode_ldap(
    const struct password_scheme *scheme, struct text rest, struct derived *derived_r)
{
    unsigned char digest[BASE64_DECODED_MAX(SALT_MAX)];
    struct text rounds, salt;
    bool is_good;

    *derived_r = (struct derived){.salt_len = 0};
    if (!text_split(&rest, '$', &rounds) || !text_split(&rest, '$', &salt) ||
        !text_to_number(rounds, UINT32_MAX, &derived_r->rounds) ||
        !decode_adapted(salt, derived_r->salt, sizeof derived_r->salt, &derived_r->salt_len) ||
        !decode_adapted(rest, digest, sizeof digest, &derived_r->digest_len))
        return false;
    is_good = is_length_right(scheme, derived_r);
    if (is_good)
        memcpy(derived_r->digest, digest, derived_r->digest_len);
    memory_wipe(digest, sizeof digest);
    return is_good;
}

enum err password_pbkdf2_ldap_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure)
{
    return check(decode_ldap, scheme, rest, failure);
}

enum password_result password_pbkdf2_ldap_verify(
    const struct password_scheme *scheme, struct text rest, struct text password)
{
    return verify(decode_ldap, scheme, rest, password);
}
