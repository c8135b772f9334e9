/* SPDX-License-Identifier: MIT */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"
#include "lib/store/password-scheme.h"

/* The digest, and the salt behind it. */
struct salted {
    unsigned char bytes[BASE64_DECODED_MAX(PASSWORD_HASH_MAX)];
    size_t digest_len, salt_len;
};

static bool decode(const struct password_scheme *scheme, struct text rest, struct salted *salted_r)
{
    const EVP_MD *digest = EVP_get_digestbyname(scheme->digest);
    size_t len;

    if (digest == NULL || text_find(rest, ' ') < rest.len ||
        !base64_decode(rest, salted_r->bytes, &len))
        return false;
    salted_r->digest_len = (size_t)EVP_MD_get_size(digest);
    if (len <= salted_r->digest_len)
        return false;
    salted_r->salt_len = len - salted_r->digest_len;
    return true;
}

enum err password_ssha_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure)
{
    struct salted salted;
    bool is_good = decode(scheme, rest, &salted);

    memory_wipe(&salted, sizeof salted);
    if (!is_good)
        return failure_set(
            failure, ERR_SYNTAX, "malformed password hash: cut off, or not in base64");
    return ERR_NONE;
}

static bool digest_of(const EVP_MD *digest, struct text password, const struct salted *salted,
    unsigned char made_r[EVP_MAX_MD_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_made =
        context != NULL && EVP_DigestInit_ex(context, digest, NULL) == 1 &&
        EVP_DigestUpdate(context, password.data, password.len) == 1 &&
        EVP_DigestUpdate(context, salted->bytes + salted->digest_len, salted->salt_len) == 1 &&
        EVP_DigestFinal_ex(context, made_r, NULL) == 1;

    EVP_MD_CTX_free(context);
    return is_made;
}

enum password_result password_ssha_verify(
    const struct password_scheme *scheme, struct text rest, struct text password)
{
    unsigned char made[EVP_MAX_MD_SIZE];
    enum password_result result = PASSWORD_FAILED;
    struct salted salted;

    if (decode(scheme, rest, &salted) &&
        digest_of(EVP_get_digestbyname(scheme->digest), password, &salted, made))
        result = CRYPTO_memcmp(made, salted.bytes, salted.digest_len) == 0 ? PASSWORD_MATCHES
                                                                           : PASSWORD_DIFFERS;
    memory_wipe(made, sizeof made);
    memory_wipe(&salted, sizeof salted);
    return result;
}
