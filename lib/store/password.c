/* SPDX-License-Identifier: MIT */
#include "lib/store/password.h"

#include <assert.h>
#include <sodium.h>

#include "lib/base/memory.h"
#include "lib/store/password-scheme.h"

#define SCHEME_ARGON2ID "{ARGON2ID}"

static_assert(sizeof SCHEME_ARGON2ID + crypto_pwhash_STRBYTES <= PASSWORD_HASH_MAX, "hash room");

/* Dovecot's names where it has one. */
static const struct password_scheme schemes[] = {
    {{"{ARGON2ID}", 10},      "$argon2id$",      NULL,     password_argon2_check,        password_argon2_verify},
    {{"{ARGON2I}", 9},        "$argon2i$",       NULL,     password_argon2_check,        password_argon2_verify},
    {{"{CRYPT}", 7},          "",                NULL,     password_crypt_check,         password_crypt_verify },
    {{"{BLF-CRYPT}", 11},     "$2",              NULL,     password_crypt_check,         password_crypt_verify },
    {{"{SHA512-CRYPT}", 14},  "$6$",             NULL,     password_crypt_check,         password_crypt_verify },
    {{"{SHA256-CRYPT}", 14},  "$5$",             NULL,     password_crypt_check,         password_crypt_verify },
    {{"{MD5-CRYPT}", 11},     "$1$",             NULL,     password_crypt_check,         password_crypt_verify },
    {{"{SSHA}", 6},           "",                "SHA1",   password_ssha_check,          password_ssha_verify  },
    {{"{SSHA256}", 9},        "",                "SHA256", password_ssha_check,          password_ssha_verify  },
    {{"{SSHA512}", 9},        "",                "SHA512", password_ssha_check,          password_ssha_verify  },
    {{"{PBKDF2}", 8},         "$1$",             "SHA1",   password_pbkdf2_check,        password_pbkdf2_verify},
    {{"{PBKDF2-SHA256}", 15}, "",                "SHA256", password_pbkdf2_ldap_check,
     password_pbkdf2_ldap_verify                                                                               },
    {{"{PBKDF2-SHA512}", 15}, "",                "SHA512", password_pbkdf2_ldap_check,
     password_pbkdf2_ldap_verify                                                                               },
    {{"{BCRYPT-SHA256}", 15}, "$bcrypt-sha256$", NULL,     password_bcrypt_sha256_check,
     password_bcrypt_sha256_verify                                                                             },
};

static const struct password_scheme *find_scheme(struct text hash, struct text *rest_r)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!text_starts_with_nocase(hash, schemes[i].name))
            continue;
        *rest_r = text_skip(hash, schemes[i].name.len);
        return &schemes[i];
    }
    return NULL;
}

void password_rest_copy(struct text rest, char copy_r[PASSWORD_HASH_MAX])
{
    assert(rest.len < PASSWORD_HASH_MAX);
    memcpy(copy_r, rest.data, rest.len);
    copy_r[rest.len] = '\0';
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

enum password_result password_verify(struct text hash, struct text password)
{
    struct text rest;
    const struct password_scheme *scheme = find_scheme(hash, &rest);

    if (password_hash_check(hash, NULL) != ERR_NONE)
        return PASSWORD_FAILED;
    if (password.len == 0 || password.len > PASSWORD_MAX_BYTES)
        return PASSWORD_DIFFERS;
    return scheme->verify(scheme, rest, password);
}

enum err password_hash_check(struct text hash, struct failure *failure)
{
    struct text rest;
    const struct password_scheme *scheme = find_scheme(hash, &rest);

    if (scheme == NULL)
        return failure_set(failure, ERR_UNSUPPORTED,
            "a password hash begins with {ARGON2ID}, {ARGON2I}, {BLF-CRYPT}, {SHA512-CRYPT}, "
            "{SHA256-CRYPT}, {MD5-CRYPT}, {CRYPT}, {SSHA}, {SSHA256}, {SSHA512}, {PBKDF2}, "
            "{PBKDF2-SHA256}, {PBKDF2-SHA512} or {BCRYPT-SHA256}");
    if (hash.len >= PASSWORD_HASH_MAX || rest.len == 0 || text_has_control(hash) ||
        !text_starts_with(rest, text_from_string(scheme->start)))
        return failure_set(failure, ERR_SYNTAX, "malformed password hash");
    return scheme->check(scheme, rest, failure);
}

bool password_needs_rehash(struct text hash, uint64_t memory_bytes, unsigned passes)
{
    char copy[PASSWORD_HASH_MAX];
    struct text rest;
    bool needed;

    if (!text_starts_with_nocase(hash, TEXT(SCHEME_ARGON2ID)))
        return true;
    rest = text_skip(hash, sizeof SCHEME_ARGON2ID - 1);
    if (sodium_init() < 0 || rest.len == 0 || rest.len >= sizeof copy || text_has_control(rest))
        return false;
    password_rest_copy(rest, copy);
    needed = crypto_pwhash_str_needs_rehash(copy, passes, (size_t)memory_bytes) == 1;
    memory_wipe(copy, sizeof copy);
    return needed;
}
