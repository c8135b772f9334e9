/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signature.h"

#include "lib/base/base64.h"
#include "lib/dns/name.h"
#include "lib/mailauth/signed-header.h"
#include "lib/mailauth/signed-names.h"
#include "lib/mailauth/tag-writer.h"

#define FIELD_NAME "DKIM-Signature"

static const char *const oversigned_fields[] = {"From", "To", "Cc", "Subject", "Reply-To", NULL};

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
static void put_tags(struct tag_writer *writer, const struct signing_request *request,
    const struct private_key *key, const struct signed_names *names,
    const struct message_body_hash *hash, struct arena *arena)
{
    char base64[BASE64_ENCODED_LEN(MESSAGE_DIGEST_LEN) + 1];
    const char *algorithm = key_algorithm_word(private_key_algorithm(key));

    base64_encode(hash->digest, MESSAGE_DIGEST_LEN, base64);
    tag_writer_put(writer, "v", TEXT("1"), ";");
    tag_writer_put(writer, "a", text_from_string(algorithm), ";");
    tag_writer_put(writer, "c",
        arena_print(
            arena, "%s/%s", canon_word(request->header_canon), canon_word(request->body_canon)),
        ";");
    tag_writer_put(writer, "d", request->domain, ";");
    tag_writer_put(writer, "s", request->selector, ";");
    if (request->identity.len != 0)
        tag_writer_put(writer, "i", quote(request->identity, arena), ";");
    if (request->now != 0)
        tag_writer_put_number(writer, "t", request->now);
    if (request->lifetime_s != 0)
        tag_writer_put_number(writer, "x", request->now + request->lifetime_s);
    tag_writer_put_words(writer, "h", names->items, names->count);
    tag_writer_put(writer, "bh", text_from_string(base64), ";");
    tag_writer_put(writer, "b", TEXT(""), "");
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
    const struct private_key *key, struct tag_writer *writer, struct failure *failure)
{
    unsigned char digest[DIGEST_LEN], signature[KEY_RSA_BITS_MAX / 8];
    char base64[BASE64_ENCODED_LEN(KEY_RSA_BITS_MAX / 8) + 1];
    size_t len;

    if (!signed_header_digest(message, header, digest) ||
        private_key_sign(key, digest, signature, &len) != ERR_NONE)
        return failure_set(failure, ERR_CRYPTO, "the signature could not be made");
    base64_encode(signature, len, base64);
    tag_writer_put_base64(writer, text_from_string(base64));
    return ERR_NONE;
}

static enum err format(const struct message *message, const struct signing_request *request,
    const struct private_key *key, const struct signed_names *names, struct arena *arena,
    struct tag_writer *writer, struct failure *failure)
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
    const struct signed_names_request fields = {.extra_fields = request->extra_fields,
        .oversigned_fields =
            request->oversigned_fields != NULL ? request->oversigned_fields : oversigned_fields,
        .field_list = request->field_list};
    struct tag_writer writer;
    struct signed_names names;
    enum err err = check_request(message, request, failure);

    if (err != ERR_NONE)
        return err;
    if (!signed_names_choose(message, &fields, arena, &names))
        return failure_set(failure, ERR_REFUSED, "no list of fields to sign: a valid one has From");
    tag_writer_init(&writer, FIELD_NAME);
    err = format(message, request, key, &names, arena, &writer, failure);
    if (err == ERR_NONE)
        *value_r = arena_copy(arena, buffer_text(&writer.value));
    tag_writer_done(&writer);
    return err;
}
