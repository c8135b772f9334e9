/* SPDX-License-Identifier: MIT */
#include <crypt.h>
#include <sodium.h>
#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/store/password-form.h"
#include "lib/store/password-scheme.h"

static const char crypt_digits[] =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/* Numbers from here on take more than one digit. */
#define CRYPT_ONE_DIGIT 48

static bool is_bcrypt_bounded(struct text rest)
{
    uint64_t number;

    return rest.len > 6 && rest.data[3] == '$' &&
           text_to_number(text_head(text_skip(rest, 4), 2), PASSWORD_BCRYPT_COST_MAX, &number);
}

static bool is_sha2_bounded(struct text rest)
{
    struct text rounds = TEXT("rounds=");
    uint64_t number;

    rest = text_skip(rest, 3);
    if (!text_starts_with(rest, rounds))
        return true;
    rest = text_skip(rest, rounds.len);
    return text_to_number(text_head(rest, text_find(rest, '$')), PASSWORD_ROUNDS_MAX, &number) &&
           number >= PASSWORD_ROUNDS_MIN;
}

/* Number of the crypt(3) digits, the least first, six bits each; false where one is none. */
static bool take_crypt_number(struct text *rest, size_t digits, uint64_t *number_r)
{
    uint64_t number = 0;

    if (rest->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        const char *found = strchr(crypt_digits, rest->data[i]);

        if (rest->data[i] == '\0' || found == NULL)
            return false;
        number |= (uint64_t)(found - crypt_digits) << (6 * i);
    }
    *rest = text_skip(*rest, digits);
    *number_r = number;
    return true;
}

/* scrypt and yescrypt fill 128 * r * 2^n_log2 bytes. */
static bool is_memory_bounded(uint64_t n_log2, uint64_t r)
{
    return n_log2 < 32 && r <= PASSWORD_MEMORY_MAX_KIB &&
           (r << n_log2) / 8 <= PASSWORD_MEMORY_MAX_KIB;
}

/* "$y$j9T$": flavour, log2 of N less one, r less one, one digit each, as mkpasswd makes them. */
static bool is_yescrypt_bounded(struct text rest)
{
    uint64_t flavour, n_log2, r;

    rest = text_skip(rest, text_find(text_skip(rest, 1), '$') + 2);
    return take_crypt_number(&rest, 1, &flavour) && take_crypt_number(&rest, 1, &n_log2) &&
           take_crypt_number(&rest, 1, &r) && rest.len > 0 && rest.data[0] == '$' &&
           n_log2 < CRYPT_ONE_DIGIT && r < CRYPT_ONE_DIGIT && is_memory_bounded(n_log2 + 1, r + 1);
}

/* "$7$CU..../....": log2 of N in one digit, r and p in five each. */
static bool is_scrypt_bounded(struct text rest)
{
    uint64_t n_log2, r, p;

    rest = text_skip(rest, 3);
    return take_crypt_number(&rest, 1, &n_log2) && take_crypt_number(&rest, 5, &r) &&
           take_crypt_number(&rest, 5, &p) && p <= PASSWORD_LANES_MAX &&
           is_memory_bounded(n_log2, r);
}

static bool is_always_bounded(struct text rest)
{
    (void)rest;
    return true;
}

/* What crypt(3) serves and we can bound; its other methods are too weak or without bound. */
static const struct {
    struct text start;
    bool (*is_bounded)(struct text rest);
} crypt_methods[] = {
    {{"$1$", 3},  is_always_bounded  },
    {{"$2a$", 4}, is_bcrypt_bounded  },
    {{"$2b$", 4}, is_bcrypt_bounded  },
    {{"$2y$", 4}, is_bcrypt_bounded  },
    {{"$5$", 3},  is_sha2_bounded    },
    {{"$6$", 3},  is_sha2_bounded    },
    {{"$7$", 3},  is_scrypt_bounded  },
    {{"$y$", 3},  is_yescrypt_bounded},
    {{"$gy$", 4}, is_yescrypt_bounded},
};

static bool is_crypt_bounded(struct text rest)
{
    for (size_t i = 0; i < sizeof crypt_methods / sizeof *crypt_methods; i++)
        if (text_starts_with(rest, crypt_methods[i].start))
            return crypt_methods[i].is_bounded(rest);
    return false;
}

enum err password_crypt_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure)
{
    char copy[PASSWORD_HASH_MAX];
    int salt;

    (void)scheme;
    password_rest_copy(rest, copy);
    salt = crypt_checksalt(copy);
    memory_wipe(copy, sizeof copy);
    if (salt == CRYPT_SALT_INVALID || salt == CRYPT_SALT_METHOD_DISABLED)
        return failure_set(failure, ERR_UNSUPPORTED,
            "a password hash of a kind that crypt(3) does not serve here");
    if (!is_crypt_bounded(rest))
        return failure_set(
            failure, ERR_RANGE, "a password hash of a method or a cost that is not served here");
    if (!password_form_is_crypt(rest))
        return failure_set(failure, ERR_SYNTAX,
            "malformed password hash: cut off, or not of the length that its method writes");
    return ERR_NONE;
}

enum password_result password_crypt_compare(const char *hash, const char *phrase)
{
    struct crypt_data *data = memory_alloc_zero(1, sizeof *data);
    enum password_result result = PASSWORD_FAILED;
    const char *made = crypt_rn(phrase, hash, data, (int)sizeof *data);
    size_t len = strlen(hash);

    if (made != NULL)
        result = strlen(made) == len && sodium_memcmp(made, hash, len) == 0 ? PASSWORD_MATCHES
                                                                            : PASSWORD_DIFFERS;
    memory_wipe(data, sizeof *data);
    free(data);
    return result;
}

enum password_result password_crypt_verify(
    const struct password_scheme *scheme, struct text rest, struct text password)
{
    char copy[PASSWORD_HASH_MAX];
    enum password_result result;
    char *phrase;

    (void)scheme;
    /* No such password can ever have been hashed that way. */
    if (password.len >= CRYPT_MAX_PASSPHRASE_SIZE ||
        memchr(password.data, '\0', password.len) != NULL)
        return PASSWORD_DIFFERS;
    password_rest_copy(rest, copy);
    phrase = memory_copy_bytes(password.data, password.len);
    result = password_crypt_compare(copy, phrase);
    memory_wipe(copy, sizeof copy);
    memory_wipe(phrase, password.len);
    free(phrase);
    return result;
}
