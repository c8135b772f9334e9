/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"
#include "lib/store/password-form.h"
#include "lib/store/password-scheme.h"

#define SALT_LEN 22
#define DIGEST_LEN 31
#define BCRYPT_LEN 60
#define SHA256_LEN 32
#define COST_MIN 4

struct wrapped {
    bool is_keyed; /* version 2: the salt keys the SHA-256 as well */
    char bcrypt[BCRYPT_LEN + 1];
};

/* "v=2,t=2b,r=12" or "2b,12". */
static bool decode_parameters(
    struct text parameters, bool *is_keyed_r, struct text *ident_r, uint64_t *cost_r)
{
    const struct text version = TEXT("v=2,t="), cost = TEXT("r=");

    *is_keyed_r = text_starts_with(parameters, version);
    if (*is_keyed_r)
        parameters = text_skip(parameters, version.len);
    if (!text_split(&parameters, ',', ident_r))
        return false;
    if (*is_keyed_r && !text_starts_with(parameters, cost))
        return false;
    if (*is_keyed_r)
        parameters = text_skip(parameters, cost.len);
    return text_to_number(parameters, 99, cost_r) &&
           (text_equals(*ident_r, TEXT("2a")) || text_equals(*ident_r, TEXT("2b")));
}

/* The hash as bcrypt alone would write it. */
static enum err decode(
    const struct password_scheme *scheme, struct text rest, struct wrapped *wrapped_r)
{
    struct text parameters, ident, salt;
    uint64_t cost;

    rest = text_skip(rest, strlen(scheme->start));
    if (!text_split(&rest, '$', &parameters) || !text_split(&rest, '$', &salt) ||
        salt.len != SALT_LEN || rest.len != DIGEST_LEN ||
        !decode_parameters(parameters, &wrapped_r->is_keyed, &ident, &cost))
        return ERR_SYNTAX;
    if (cost < COST_MIN || cost > PASSWORD_BCRYPT_COST_MAX)
        return ERR_RANGE;
    snprintf(wrapped_r->bcrypt, sizeof wrapped_r->bcrypt, "$%.*s$%02u$%.*s%.*s", TEXT_ARGS(ident),
        (unsigned)cost, TEXT_ARGS(salt), TEXT_ARGS(rest));
    return password_form_is_crypt(text_from_string(wrapped_r->bcrypt)) ? ERR_NONE : ERR_SYNTAX;
}

enum err password_bcrypt_sha256_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure)
{
    struct wrapped wrapped;
    enum err err = decode(scheme, rest, &wrapped);

    memory_wipe(&wrapped, sizeof wrapped);
    if (err == ERR_RANGE)
        return failure_set(failure, ERR_RANGE, "a password hash of a cost that is not served here");
    if (err != ERR_NONE)
        return failure_set(failure, ERR_SYNTAX,
            "malformed password hash: cut off, or not of the form that its method writes");
    return ERR_NONE;
}

/* What bcrypt gets for a password: base64 of its SHA-256. */
static bool make_phrase(const struct wrapped *wrapped, struct text password,
    char phrase_r[BASE64_ENCODED_LEN(SHA256_LEN) + 1])
{
    const char *salt = wrapped->bcrypt + BCRYPT_LEN - DIGEST_LEN - SALT_LEN;
    const unsigned char *bytes = (const unsigned char *)password.data;
    unsigned char digest[SHA256_LEN];
    bool is_made =
        wrapped->is_keyed
            ? HMAC(EVP_sha256(), salt, SALT_LEN, bytes, password.len, digest, NULL) != NULL
            : EVP_Digest(bytes, password.len, digest, NULL, EVP_sha256(), NULL) == 1;

    if (is_made)
        base64_encode(digest, sizeof digest, phrase_r);
    memory_wipe(digest, sizeof digest);
    return is_made;
}

enum password_result password_bcrypt_sha256_verify(
    const struct password_scheme *scheme, struct text rest, struct text password)
{
    char phrase[BASE64_ENCODED_LEN(SHA256_LEN) + 1];
    enum password_result result = PASSWORD_FAILED;
    struct wrapped wrapped;

    if (decode(scheme, rest, &wrapped) == ERR_NONE && make_phrase(&wrapped, password, phrase))
        result = password_crypt_compare(wrapped.bcrypt, phrase);
    memory_wipe(phrase, sizeof phrase);
    memory_wipe(&wrapped, sizeof wrapped);
    return result;
}
