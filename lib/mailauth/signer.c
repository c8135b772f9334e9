/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signature.h"

#include <stdio.h>

#include "lib/base/base64.h"
#include "lib/dns/name.h"
#include "lib/mailauth/signed-header.h"

#define FIELD_NAME "DKIM-Signature"
#define LINE_COLUMNS_MAX 78
#define TAB_COLUMNS 8

/*
 * Signed where present (RFC 6376 §5.4.1 and what mail of today has besides). Fields that are
 * rewritten on the way, as Return-Path and Received, are not among them.
 */
static const char *const signed_fields[] = {"From", "Reply-To", "Subject", "Date", "To", "Cc",
    "Sender", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "Resent-Date", "Resent-From", "Resent-Sender", "Resent-To",
    "Resent-Cc", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post",
    "List-Subscribe", "List-Post", "List-Owner", "List-Archive", NULL};

static const char *const oversigned_fields[] = {"From", "To", "Cc", "Subject", "Reply-To", NULL};

/* The names of h=, in order. */
struct names {
    struct text *items;
    size_t count;
    size_t room;
    bool is_full; /* there were more than SIGNATURE_SIGNED_FIELDS_MAX */
};

/* --- which fields --- */

static bool list_has(const char *const *list, struct text name)
{
    for (; list != NULL && *list != NULL; list++)
        if (text_equals_nocase(text_from_string(*list), name))
            return true;
    return false;
}

static size_t list_len(const char *const *list)
{
    size_t len = 0;

    while (list != NULL && list[len] != NULL)
        len++;
    return len;
}

/* The most names that a request can come to, within the limit. */
static size_t names_most(const struct message *message, const struct signing_request *request)
{
    size_t most = message_field_count(message) + list_len(signed_fields) +
                  list_len(request->extra_fields) + list_len(request->oversigned_fields) +
                  request->field_list.len + 1;

    return most < SIGNATURE_SIGNED_FIELDS_MAX ? most : SIGNATURE_SIGNED_FIELDS_MAX;
}

static bool names_have(const struct names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equals_nocase(names->items[i], name))
            return true;
    return false;
}

static void names_add(struct names *names, struct text name, size_t times)
{
    for (; times != 0; times--) {
        if (names->count == names->room) {
            names->is_full = true;
            return;
        }
        names->items[names->count++] = name;
    }
}

/* Each name as often as it occurs, and once more where it may not be added to. */
static void names_add_list(struct names *names, const char *const *list,
    const struct message *message, const char *const *oversigned)
{
    for (; list != NULL && *list != NULL; list++) {
        struct text name = text_from_string(*list);

        if (!names_have(names, name))
            names_add(names, name,
                message_count_fields(message, name) + (list_has(oversigned, name) ? 1 : 0));
    }
}

static void names_choose(
    struct names *names, const struct message *message, const struct signing_request *request)
{
    const char *const *oversigned =
        request->oversigned_fields != NULL ? request->oversigned_fields : oversigned_fields;
    struct text rest = request->field_list, name;

    if (request->field_list.len != 0) {
        while (text_split(&rest, ':', &name))
            names_add(names, text_trim(name), 1);
        return;
    }
    names_add_list(names, signed_fields, message, oversigned);
    names_add_list(names, request->extra_fields, message, oversigned);
    names_add_list(names, oversigned, message, oversigned);
}

static bool names_are_valid(const struct names *names)
{
    if (names->is_full || !names_have(names, TEXT("From")))
        return false;
    for (size_t i = 0; i < names->count; i++)
        if (!header_name_is_valid(names->items[i]) ||
            text_find(names->items[i], ';') != names->items[i].len)
            return false;
    return true;
}

/* --- how it is written --- */

struct writer {
    struct buffer value;
    size_t column;
};

static void put(struct writer *writer, struct text piece)
{
    buffer_append_text(&writer->value, piece);
    writer->column += piece.len;
}

/* Begins a new line where len more characters have no room on this one. */
static bool fold(struct writer *writer, size_t len)
{
    if (writer->column + len <= LINE_COLUMNS_MAX)
        return false;
    buffer_append_string(&writer->value, "\r\n\t");
    writer->column = TAB_COLUMNS;
    return true;
}

/* "name=value" on this line behind a blank, or on the next one. */
static void put_tag(struct writer *writer, const char *name, struct text value, const char *end)
{
    size_t len = strlen(name) + 1 + value.len + strlen(end);

    if (!fold(writer, len + 1))
        put(writer, TEXT(" "));
    put(writer, text_from_string(name));
    put(writer, TEXT("="));
    put(writer, value);
    put(writer, text_from_string(end));
}

static void put_number(struct writer *writer, const char *name, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lld", (long long)number);
    put_tag(writer, name, text_from_string(digits), ";");
}

static void put_names(struct writer *writer, const struct names *names)
{
    put_tag(writer, "h", names->items[0], names->count == 1 ? ";" : ":");
    for (size_t i = 1; i < names->count; i++) {
        (void)fold(writer, names->items[i].len + 1);
        put(writer, names->items[i]);
        put(writer, i + 1 == names->count ? TEXT(";") : TEXT(":"));
    }
}

/* Base64 may be broken anywhere. */
static void put_signature(struct writer *writer, struct text base64)
{
    while (base64.len != 0) {
        struct text piece;

        (void)fold(writer, 1);
        piece = text_head(base64, LINE_COLUMNS_MAX - writer->column);
        put(writer, piece);
        base64 = text_skip(base64, piece.len);
    }
}

/* dkim-quoted-printable (§2.11) for i=. */
static struct text quote(struct text plain, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *quoted = arena_alloc(arena, plain.len * 3 + 1);
    size_t len = 0;

    for (size_t i = 0; i < plain.len; i++) {
        unsigned char byte = (unsigned char)plain.data[i];

        if (byte > ' ' && byte != 0x7f && byte != ';' && byte != '=') {
            quoted[len++] = plain.data[i];
            continue;
        }
        quoted[len++] = '=';
        quoted[len++] = digits[byte >> 4];
        quoted[len++] = digits[byte & 15];
    }
    return text_from_bytes(quoted, len);
}

/* Everything but the signature itself: ends in "b=". */
static void put_tags(struct writer *writer, const struct signing_request *request,
    const struct private_key *key, const struct names *names, const struct message_body_hash *hash,
    struct arena *arena)
{
    char base64[BASE64_ENCODED_LEN(MESSAGE_DIGEST_LEN) + 1];
    const char *algorithm = key_algorithm_word(private_key_algorithm(key));

    base64_encode(hash->digest, MESSAGE_DIGEST_LEN, base64);
    put_tag(writer, "v", TEXT("1"), ";");
    put_tag(writer, "a", text_from_string(algorithm), ";");
    put_tag(writer, "c",
        arena_print(
            arena, "%s/%s", canon_word(request->header_canon), canon_word(request->body_canon)),
        ";");
    put_tag(writer, "d", request->domain, ";");
    put_tag(writer, "s", request->selector, ";");
    if (request->identity.len != 0)
        put_tag(writer, "i", quote(request->identity, arena), ";");
    if (request->now != 0)
        put_number(writer, "t", request->now);
    if (request->lifetime_s != 0)
        put_number(writer, "x", request->now + request->lifetime_s);
    put_names(writer, names);
    put_tag(writer, "bh", text_from_string(base64), ";");
    put_tag(writer, "b", TEXT(""), "");
}

/* --- the signature --- */

enum err signer_prepare(struct message *message, const struct signing_request *request)
{
    return message_want_body_hash(message, request->body_canon, MESSAGE_BODY_ALL);
}

static bool identity_is_good(const struct signing_request *request)
{
    size_t at = text_find_last(request->identity, '@');

    return request->identity.len == 0 ||
           (at != request->identity.len &&
               dns_name_is_within(text_skip(request->identity, at + 1), request->domain));
}

/* What no verifier would accept is not signed. */
static enum err check_request(
    const struct message *message, const struct signing_request *request, struct failure *failure)
{
    if (!dns_name_is_domain(request->domain) || !dns_name_is_valid(request->selector))
        return failure_set(failure, ERR_REFUSED, "no name to sign with: %.*s._domainkey.%.*s",
            TEXT_ARGS(request->selector), TEXT_ARGS(request->domain));
    if (!identity_is_good(request))
        return failure_set(failure, ERR_REFUSED, "identity %.*s is not within %.*s",
            TEXT_ARGS(request->identity), TEXT_ARGS(request->domain));
    if (message_is_truncated(message))
        return failure_set(failure, ERR_REFUSED, "the message's header is too large to be signed");
    if (message_count_fields(message, TEXT("From")) == 0)
        return failure_set(failure, ERR_REFUSED, "the message has no From field");
    return ERR_NONE;
}

static enum err sign(const struct message *message, const struct signed_header *header,
    const struct private_key *key, struct writer *writer, struct failure *failure)
{
    unsigned char digest[DIGEST_LEN], signature[KEY_RSA_BITS_MAX / 8];
    char base64[BASE64_ENCODED_LEN(KEY_RSA_BITS_MAX / 8) + 1];
    size_t len;

    if (!signed_header_digest(message, header, digest) ||
        private_key_sign(key, digest, signature, &len) != ERR_NONE)
        return failure_set(failure, ERR_CRYPTO, "the signature could not be made");
    base64_encode(signature, len, base64);
    put_signature(writer, text_from_string(base64));
    return ERR_NONE;
}

static enum err format(const struct message *message, const struct signing_request *request,
    const struct private_key *key, const struct names *names, struct arena *arena,
    struct writer *writer, struct failure *failure)
{
    const struct message_body_hash *hash =
        message_body_hash(message, request->body_canon, MESSAGE_BODY_ALL);
    struct signed_header header = {
        .names = names->items,
        .name_count = names->count,
        .canon = request->header_canon,
        .own_index = MESSAGE_NO_FIELD,
    };

    if (hash == NULL)
        return failure_set(failure, ERR_CRYPTO, "the body was not hashed");
    writer->column = sizeof FIELD_NAME;
    put_tags(writer, request, key, names, hash, arena);
    header.own = header_field_make(TEXT(FIELD_NAME), buffer_text(&writer->value), arena);
    if (writer->value.len > SIGNATURE_FIELD_MAX / 2)
        return failure_set(failure, ERR_REFUSED, "too many header fields to sign");
    return sign(message, &header, key, writer, failure);
}

enum err signer_format(const struct message *message, const struct signing_request *request,
    const struct private_key *key, struct arena *arena, struct text *value_r,
    struct failure *failure)
{
    struct writer writer = {.value = BUFFER_NONE};
    struct names names = {.room = names_most(message, request)};
    enum err err = check_request(message, request, failure);

    if (err != ERR_NONE)
        return err;
    names.items = arena_alloc_zero(arena, names.room, sizeof *names.items);
    names_choose(&names, message, request);
    if (!names_are_valid(&names))
        return failure_set(failure, ERR_REFUSED, "no list of fields to sign: a valid one has From");
    err = format(message, request, key, &names, arena, &writer, failure);
    if (err == ERR_NONE)
        *value_r = arena_copy(arena, buffer_text(&writer.value));
    buffer_done(&writer.value);
    return err;
}
