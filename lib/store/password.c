/* SPDX-License-Identifier: MIT */
#include "lib/store/password.h"

#include <assert.h>
#include <crypt.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/store/password-form.h"

#define SCHEME_ARGON2ID "{ARGON2ID}"

static_assert(sizeof SCHEME_ARGON2ID + crypto_pwhash_STRBYTES <= PASSWORD_HASH_MAX, "hash room");

enum family { FAMILY_NONE, FAMILY_ARGON2, FAMILY_CRYPT };

static const char crypt_digits[] =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/* Numbers from here on take more than one digit. */
#define CRYPT_ONE_DIGIT 48

/* Dovecot's names for schemes that we can check. start: what the rest has to begin with. */
static const struct scheme {
    struct text name;
    enum family family;
    const char *start;
} schemes[] = {
    {{"{ARGON2ID}", 10},     FAMILY_ARGON2, "$argon2id$"},
    {{"{ARGON2I}", 9},       FAMILY_ARGON2, "$argon2i$" },
    {{"{CRYPT}", 7},         FAMILY_CRYPT,  ""          },
    {{"{BLF-CRYPT}", 11},    FAMILY_CRYPT,  "$2"        },
    {{"{SHA512-CRYPT}", 14}, FAMILY_CRYPT,  "$6$"       },
    {{"{SHA256-CRYPT}", 14}, FAMILY_CRYPT,  "$5$"       },
    {{"{MD5-CRYPT}", 11},    FAMILY_CRYPT,  "$1$"       },
};

static const struct scheme *find_scheme(struct text hash, struct text *rest_r)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!text_starts_with_nocase(hash, schemes[i].name))
            continue;
        *rest_r = text_skip(hash, schemes[i].name.len);
        return &schemes[i];
    }
    return NULL;
}

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

/* What is behind the scheme as a C string in a buffer of its own. */
static bool copy_rest(struct text rest, char copy_r[PASSWORD_HASH_MAX])
{
    if (rest.len == 0 || rest.len >= PASSWORD_HASH_MAX || text_has_control(rest))
        return false;
    memcpy(copy_r, rest.data, rest.len);
    copy_r[rest.len] = '\0';
    return true;
}

enum err password_hash(struct text password, uint64_t memory_bytes, unsigned passes, char *hash_r)
{
    size_t scheme_len = sizeof SCHEME_ARGON2ID - 1;

    if (password.len == 0 || password.len > PASSWORD_MAX_BYTES)
        return ERR_RANGE;
    if (memory_bytes < crypto_pwhash_MEMLIMIT_MIN || memory_bytes > crypto_pwhash_MEMLIMIT_MAX ||
        passes < crypto_pwhash_OPSLIMIT_MIN || passes > PASSWORD_PASSES_MAX)
        return ERR_RANGE;
    if (sodium_init() < 0)
        return ERR_CRYPTO;
    char made[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(made, password.data, password.len, passes, (size_t)memory_bytes,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ERR_LIMIT;
    memcpy(hash_r, SCHEME_ARGON2ID, scheme_len);
    memcpy(hash_r + scheme_len, made, sizeof made);
    memory_wipe(made, sizeof made);
    return ERR_NONE;
}

/* The library says "differs" by EINVAL; other failures are those of memory or of form. */
static enum password_result verify_argon2(const char *hash, struct text password)
{
    if (sodium_init() < 0)
        return PASSWORD_FAILED;
    errno = 0;
    if (crypto_pwhash_str_verify(hash, password.data, password.len) == 0)
        return PASSWORD_MATCHES;
    return errno == EINVAL ? PASSWORD_DIFFERS : PASSWORD_FAILED;
}

static enum password_result compare_crypt(const char *hash, const char *phrase)
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

static enum password_result verify_crypt(const char *hash, struct text password)
{
    enum password_result result;
    char *phrase;

    /* No such password can ever have been hashed that way. */
    if (password.len >= CRYPT_MAX_PASSPHRASE_SIZE ||
        memchr(password.data, '\0', password.len) != NULL)
        return PASSWORD_DIFFERS;
    phrase = memory_copy_bytes(password.data, password.len);
    result = compare_crypt(hash, phrase);
    memory_wipe(phrase, password.len);
    free(phrase);
    return result;
}

enum password_result password_verify(struct text hash, struct text password)
{
    char copy[PASSWORD_HASH_MAX];
    struct text rest;
    const struct scheme *scheme = find_scheme(hash, &rest);
    enum password_result result;

    if (password_hash_check(hash, NULL) != ERR_NONE || !copy_rest(rest, copy))
        return PASSWORD_FAILED;
    if (password.len == 0 || password.len > PASSWORD_MAX_BYTES)
        result = PASSWORD_DIFFERS;
    else if (scheme->family == FAMILY_ARGON2)
        result = verify_argon2(copy, password);
    else
        result = verify_crypt(copy, password);
    memory_wipe(copy, sizeof copy);
    return result;
}

static enum err check_crypt(struct text rest, struct failure *failure)
{
    char copy[PASSWORD_HASH_MAX];
    int salt;

    if (!copy_rest(rest, copy))
        return failure_set(failure, ERR_SYNTAX, "malformed password hash");
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

enum err password_hash_check(struct text hash, struct failure *failure)
{
    struct text rest;
    const struct scheme *scheme = find_scheme(hash, &rest);

    if (scheme == NULL)
        return failure_set(failure, ERR_UNSUPPORTED,
            "a password hash begins with {ARGON2ID}, {ARGON2I}, {BLF-CRYPT}, {SHA512-CRYPT}, "
            "{SHA256-CRYPT}, {MD5-CRYPT} or {CRYPT}");
    if (hash.len >= PASSWORD_HASH_MAX || rest.len == 0 || text_has_control(hash) ||
        !text_starts_with(rest, text_from_string(scheme->start)))
        return failure_set(failure, ERR_SYNTAX, "malformed password hash");
    if (scheme->family == FAMILY_CRYPT)
        return check_crypt(rest, failure);
    rest = text_skip(rest, strlen(scheme->start));
    if (!take_argon2_bounded(&rest))
        return failure_set(failure, ERR_RANGE,
            "a password hash that is malformed or asks for too much memory or time");
    if (!password_form_is_argon2(rest))
        return failure_set(
            failure, ERR_SYNTAX, "malformed password hash: cut off, or not in base64");
    return ERR_NONE;
}

bool password_needs_rehash(struct text hash, uint64_t memory_bytes, unsigned passes)
{
    char copy[PASSWORD_HASH_MAX];
    struct text rest;
    bool needed;

    if (!text_starts_with_nocase(hash, TEXT(SCHEME_ARGON2ID)))
        return true;
    rest = text_skip(hash, sizeof SCHEME_ARGON2ID - 1);
    if (sodium_init() < 0 || !copy_rest(rest, copy))
        return false;
    needed = crypto_pwhash_str_needs_rehash(copy, passes, (size_t)memory_bytes) == 1;
    memory_wipe(copy, sizeof copy);
    return needed;
}
