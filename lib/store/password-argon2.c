/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sodium.h>

#include "lib/base/memory.h"
#include "lib/store/password-form.h"
#include "lib/store/password-scheme.h"

/* Takes "NAME=NUMBER" and the separator behind it off *rest. */
static bool take_parameter(struct text *rest, const char *name, char separator, uint64_t max)
{
    struct text piece, word = text_from_string(name);
    uint64_t number;

    if (!text_split(rest, separator, &piece) || !text_starts_with(piece, word))
        return false;
    return text_to_number(text_skip(piece, word.len), max, &number);
}

/* "v=19$m=19456,t=2,p=1$salt$digest": the library would allocate whatever m says. */
static bool take_argon2_bounded(struct text *rest)
{
    return take_parameter(rest, "v=", '$', 19) &&
           take_parameter(rest, "m=", ',', PASSWORD_MEMORY_MAX_KIB) &&
           take_parameter(rest, "t=", ',', PASSWORD_PASSES_MAX) &&
           take_parameter(rest, "p=", '$', PASSWORD_LANES_MAX) && rest->len > 0;
}

enum err password_argon2_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure)
{
    rest = text_skip(rest, strlen(scheme->start));
    if (!take_argon2_bounded(&rest))
        return failure_set(failure, ERR_RANGE,
            "a password hash that is malformed or asks for too much memory or time");
    if (!password_form_is_argon2(rest))
        return failure_set(
            failure, ERR_SYNTAX, "malformed password hash: cut off, or not in base64");
    return ERR_NONE;
}

/* The library says "differs" by EINVAL; other failures are those of memory or of form. */
static enum password_result compare(const char *hash, struct text password)
{
    if (sodium_init() < 0)
        return PASSWORD_FAILED;
    errno = 0;
    if (crypto_pwhash_str_verify(hash, password.data, password.len) == 0)
        return PASSWORD_MATCHES;
    return errno == EINVAL ? PASSWORD_DIFFERS : PASSWORD_FAILED;
}

enum password_result password_argon2_verify(
    const struct password_scheme *scheme, struct text rest, struct text password)
{
    char copy[PASSWORD_HASH_MAX];
    enum password_result result;

    (void)scheme;
    password_rest_copy(rest, copy);
    result = compare(copy, password);
    memory_wipe(copy, sizeof copy);
    return result;
}
