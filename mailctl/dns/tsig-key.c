/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/tsig-key.h"

#include <openssl/crypto.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/dns/name.h"

#define EXPECTED                                                                                   \
    "expected 'key \"NAME\" { algorithm hmac-sha256; secret \"...\"; };' or "                      \
    "\"hmac-sha256:NAME:SECRET\""

static const char *const words[] = {[TSIG_SHA1] = "hmac-sha1",
    [TSIG_SHA224] = "hmac-sha224",
    [TSIG_SHA256] = "hmac-sha256",
    [TSIG_SHA384] = "hmac-sha384",
    [TSIG_SHA512] = "hmac-sha512"};

const char *tsig_algorithm_word(enum tsig_algorithm algorithm)
{
    return words[algorithm];
}

void tsig_key_wipe(struct tsig_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

/* What was found in the file, not yet understood. */
struct pieces {
    struct text name, algorithm, secret;
};

/* --- BIND's form ---------------------------------------------------------- */

static bool is_mark(char byte)
{
    return byte == '{' || byte == '}' || byte == ';';
}

/* Blanks, and comments from "#" or "//" to the end of the line. */
static struct text skip_blanks(struct text rest)
{
    for (;;) {
        while (rest.len != 0 && text_is_blank(rest.data[0]))
            rest = text_skip(rest, 1);
        if (!text_starts_with(rest, TEXT("#")) && !text_starts_with(rest, TEXT("//")))
            return rest;
        rest = text_skip(rest, text_find(rest, '\n'));
    }
}

/* A mark, a quoted string without its quotes, or a word. Empty at the end. */
static struct text next_token(struct text *rest)
{
    struct text token;
    size_t len = 0;

    *rest = skip_blanks(*rest);
    if (rest->len != 0 && rest->data[0] == '"') {
        *rest = text_skip(*rest, 1);
        token = text_head(*rest, text_find(*rest, '"'));
        *rest = text_skip(*rest, token.len + 1);
        return token;
    }
    if (rest->len != 0 && is_mark(rest->data[0]))
        len = 1;
    else
        while (len < rest->len && !text_is_blank(rest->data[len]) && !is_mark(rest->data[len]) &&
               rest->data[len] != '"')
            len++;
    token = text_head(*rest, len);
    *rest = text_skip(*rest, len);
    return token;
}

static bool read_statement(struct text *rest, struct text word, struct pieces *pieces)
{
    struct text value = next_token(rest);

    if (text_equals(word, TEXT("algorithm")))
        pieces->algorithm = value;
    else if (text_equals(word, TEXT("secret")))
        pieces->secret = value;
    else
        return false;
    return text_equals(next_token(rest), TEXT(";"));
}

static bool read_block(struct text content, struct pieces *pieces_r)
{
    struct pieces pieces = {.name = TEXT_NONE};
    struct text rest = content, word;

    if (!text_equals(next_token(&rest), TEXT("key")))
        return false;
    pieces.name = next_token(&rest);
    if (!text_equals(next_token(&rest), TEXT("{")))
        return false;
    while (!text_equals(word = next_token(&rest), TEXT("}")))
        if (word.len == 0 || !read_statement(&rest, word, &pieces))
            return false;
    *pieces_r = pieces;
    return true;
}

/* --- one line ------------------------------------------------------------- */

static bool read_line(struct text content, struct pieces *pieces_r)
{
    struct text line = text_head(content, text_find(content, '\n'));
    size_t first, second;

    if (text_starts_with(line, TEXT("#")))
        line = text_skip(line, 1);
    line = text_trim(line);
    first = text_find(line, ':');
    second = text_find(text_skip(line, first + 1), ':');
    if (first == line.len || first + 1 + second >= line.len)
        return false;
    pieces_r->algorithm = text_head(line, first);
    pieces_r->name = text_head(text_skip(line, first + 1), second);
    pieces_r->secret = text_skip(line, first + second + 2);
    return true;
}

/* --- what it says --------------------------------------------------------- */

static enum err understand_algorithm(
    struct text word, enum tsig_algorithm *algorithm_r, struct failure *failure)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equals_nocase(word, text_from_string(words[i]))) {
            *algorithm_r = (enum tsig_algorithm)i;
            return ERR_NONE;
        }
    if (text_starts_with_nocase(word, TEXT("hmac-md5")))
        return failure_set(failure, ERR_UNSUPPORTED,
            "HMAC-MD5 is broken: make a key with hmac-sha256, with tsig-keygen for instance");
    return failure_set(failure, ERR_SYNTAX, "no such algorithm: " EXPECTED);
}

static enum err understand_secret(struct text word, struct tsig_key *key, struct failure *failure)
{
    unsigned char secret[BASE64_DECODED_MAX(TSIG_SECRET_MAX_BYTES * 2)];
    enum err err = ERR_NONE;
    size_t len = 0;

    if (word.len > TSIG_SECRET_MAX_BYTES * 2 || !base64_decode(word, secret, &len) || len == 0 ||
        len > TSIG_SECRET_MAX_BYTES)
        err = failure_set(
            failure, ERR_SYNTAX, "the secret is no base64 of 1 to %d bytes", TSIG_SECRET_MAX_BYTES);
    else
        memcpy(key->secret, secret, len);
    key->secret_len = err == ERR_NONE ? len : 0;
    OPENSSL_cleanse(secret, sizeof secret);
    return err;
}

static enum err understand_name(struct text word, struct tsig_key *key, struct failure *failure)
{
    struct arena *arena = arena_new();
    enum err err = ERR_NONE;
    struct text name;

    if (dns_name_normalize(word, arena, &name) && name.len <= TSIG_NAME_MAX) {
        memcpy(key->name, name.data, name.len);
        key->name[name.len] = '\0';
    } else {
        err = failure_set(failure, ERR_SYNTAX, "the key's name is no name: " EXPECTED);
    }
    arena_free(&arena);
    return err;
}

enum err tsig_key_parse(struct text content, struct tsig_key *key_r, struct failure *failure)
{
    struct tsig_key key = {.secret_len = 0};
    struct pieces pieces;
    enum err err;

    if (!read_block(content, &pieces) && !read_line(content, &pieces))
        return failure_set(failure, ERR_SYNTAX, "there is no key in it: " EXPECTED);
    err = understand_algorithm(pieces.algorithm, &key.algorithm, failure);
    if (err == ERR_NONE)
        err = understand_name(pieces.name, &key, failure);
    if (err == ERR_NONE)
        err = understand_secret(pieces.secret, &key, failure);
    if (err == ERR_NONE)
        *key_r = key;
    tsig_key_wipe(&key);
    return err;
}
