/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The schemes of password hashes that can be checked, a file for each family, and a row for each
 * scheme in password.c. rest is what stands behind the scheme's braces: never empty, without
 * control characters, shorter than PASSWORD_HASH_MAX. Any thread.
 */

#include "lib/store/password.h"

struct password_scheme {
    struct text name;   /* with its braces, as Dovecot or the program that hashed calls it */
    const char *start;  /* what the rest has to begin with */
    const char *digest; /* OpenSSL's name of it, for families that have several */
    /* As password_hash_check(). */
    enum err (*check)(
        const struct password_scheme *scheme, struct text rest, struct failure *failure);
    /* Of a rest that passed check(); the password has 1 to PASSWORD_MAX_BYTES bytes. */
    enum password_result (*verify)(
        const struct password_scheme *scheme, struct text rest, struct text password);
};

/* Argon2, by libsodium. */
enum err password_argon2_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure);
enum password_result password_argon2_verify(
    const struct password_scheme *scheme, struct text rest, struct text password);

/* What crypt(3) serves and we can bound. */
enum err password_crypt_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure);
enum password_result password_crypt_verify(
    const struct password_scheme *scheme, struct text rest, struct text password);

/* Base64 of digest and salt, as LDAP directories keep them. */
enum err password_ssha_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure);
enum password_result password_ssha_verify(
    const struct password_scheme *scheme, struct text rest, struct text password);

/* PBKDF2 (RFC 8018 §5.2), as Dovecot writes it: "$1$salt$rounds$digest", SHA-1, in hex. */
enum err password_pbkdf2_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure);
enum password_result password_pbkdf2_verify(
    const struct password_scheme *scheme, struct text rest, struct text password);

/* PBKDF2 as LDAP directories keep it: "rounds$salt$digest", in base64 with "." for "+". */
enum err password_pbkdf2_ldap_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure);
enum password_result password_pbkdf2_ldap_verify(
    const struct password_scheme *scheme, struct text rest, struct text password);

/*
 * bcrypt of a SHA-256, so that long passwords count whole, as passlib and so Mailu write it:
 * "$bcrypt-sha256$v=2,t=2b,r=12$salt$digest", and the older "$bcrypt-sha256$2b,12$salt$digest".
 */
enum err password_bcrypt_sha256_check(
    const struct password_scheme *scheme, struct text rest, struct failure *failure);
enum password_result password_bcrypt_sha256_verify(
    const struct password_scheme *scheme, struct text rest, struct text password);

/* What is behind the scheme as a C string in a buffer of its own, which the caller wipes. */
void password_rest_copy(struct text rest, char copy_r[PASSWORD_HASH_MAX]);
/* crypt(3) of phrase held against a whole hash of its form; for families that build on it. */
enum password_result password_crypt_compare(const char *hash, const char *phrase);
