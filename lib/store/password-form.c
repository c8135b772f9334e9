/* SPDX-License-Identifier: MIT */
#include "lib/store/password-form.h"

#include <sodium.h>

/* No shorter ones are worked out. */
#define ARGON2_SALT_MIN 8
#define ARGON2_DIGEST_MIN 16
#define ARGON2_PART_MAX 512
#define ANY_SALT ((size_t)-1)

/* crypt(3) methods that write "$id$[parameters$]salt$digest". */
static const struct method {
    struct text start;
    const char *parameters; /* how they begin; "": always there, NULL: there are none */
    size_t salt_max;
    size_t digest_len;
} methods[] = {
    {{"$1$", 3},  NULL,      8,        22},
    {{"$5$", 3},  "rounds=", 16,       43},
    {{"$6$", 3},  "rounds=", 16,       86},
    {{"$7$", 3},  NULL,      ANY_SALT, 43},
    {{"$y$", 3},  "",        ANY_SALT, 43},
    {{"$gy$", 4}, "",        ANY_SALT, 43},
};

static bool is_crypt_digits(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text_is_alnum(text.data[i]) && text.data[i] != '.' && text.data[i] != '/')
            return false;
    return true;
}

/* What stands before the next "$", which has to be there. */
static bool take_part(struct text *rest, struct text *part_r)
{
    size_t end = text_find(*rest, '$');

    if (end == rest->len)
        return false;
    *part_r = text_head(*rest, end);
    *rest = text_skip(*rest, end + 1);
    return true;
}

static bool is_whole(const struct method *method, struct text hash)
{
    struct text rest = text_skip(hash, method->start.len), part;

    if (method->parameters != NULL &&
        text_starts_with(rest, text_from_string(method->parameters)) && !take_part(&rest, &part))
        return false;
    return take_part(&rest, &part) && part.len <= method->salt_max &&
           rest.len == method->digest_len && is_crypt_digits(rest);
}

/* "$2b$05$", then 22 digits of salt and 31 of digest without anything between them. */
static bool is_bcrypt_whole(struct text hash)
{
    return hash.len == 60 && hash.data[6] == '$' && is_crypt_digits(text_skip(hash, 7));
}

bool password_form_is_crypt(struct text hash)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (text_starts_with(hash, methods[i].start))
            return is_whole(&methods[i], hash);
    return text_starts_with(hash, TEXT("$2")) && is_bcrypt_whole(hash);
}

static bool is_base64(struct text part, size_t bytes_min)
{
    unsigned char bytes[ARGON2_PART_MAX];
    const char *end = NULL;
    size_t len = 0;
    bool is_good = sodium_base642bin(bytes, sizeof bytes, part.data, part.len, NULL, &len, &end,
                       sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;

    sodium_memzero(bytes, sizeof bytes);
    return is_good && end == part.data + part.len && len >= bytes_min;
}

bool password_form_is_argon2(struct text rest)
{
    struct text salt;

    return take_part(&rest, &salt) && is_base64(salt, ARGON2_SALT_MIN) &&
           is_base64(rest, ARGON2_DIGEST_MIN);
}
