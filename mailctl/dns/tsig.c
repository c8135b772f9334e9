/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/tsig.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "lib/dns/message.h"
#include "lib/dns/wire-reader.h"

#define TYPE_TSIG 250
#define RCODE_NOTAUTH 9
#define ERROR_BADSIG 16
#define ERROR_BADKEY 17
#define ERROR_BADTIME 18

/* What the record says beside the key's name; of an answer, all from outside. */
struct record {
    struct wire_name key, algorithm;
    uint64_t time_s;
    uint16_t fudge_s, id, error;
    struct text mac, other;
    size_t start; /* where it begins in the message */
};

/* --- what is signed ------------------------------------------------------- */

static void put_u16(struct buffer *out, unsigned value)
{
    buffer_append_byte(out, (char)(value >> 8 & 0xff));
    buffer_append_byte(out, (char)(value & 0xff));
}

static void put_time(struct buffer *out, uint64_t time_s)
{
    put_u16(out, (unsigned)(time_s >> 32 & 0xffff));
    put_u16(out, (unsigned)(time_s >> 16 & 0xffff));
    put_u16(out, (unsigned)(time_s & 0xffff));
}

/* The variables of the record, behind the message (§4.3.3). */
static void put_variables(struct buffer *out, const struct record *record)
{
    buffer_append(out, record->key.bytes, record->key.len);
    put_u16(out, MESSAGE_CLASS_ANY);
    put_u16(out, 0); /* the TTL */
    put_u16(out, 0);
    buffer_append(out, record->algorithm.bytes, record->algorithm.len);
    put_time(out, record->time_s);
    put_u16(out, record->fudge_s);
    put_u16(out, record->error);
    put_u16(out, (unsigned)record->other.len);
    buffer_append_text(out, record->other);
}

static const EVP_MD *digest_of(enum tsig_algorithm algorithm)
{
    switch (algorithm) {
    case TSIG_SHA1:
        return EVP_sha1();
    case TSIG_SHA224:
        return EVP_sha224();
    case TSIG_SHA384:
        return EVP_sha384();
    case TSIG_SHA512:
        return EVP_sha512();
    case TSIG_SHA256:
        break;
    }
    return EVP_sha256();
}

static enum err compute(const struct tsig_key *key, const struct buffer *bytes,
    struct tsig_mac *mac_r, struct failure *failure)
{
    unsigned len = 0;

    if (HMAC(digest_of(key->algorithm), key->secret, (int)key->secret_len,
            (const unsigned char *)bytes->data, bytes->len, mac_r->bytes, &len) == NULL)
        return failure_set(failure, ERR_CRYPTO, "no HMAC could be made");
    mac_r->len = len;
    return ERR_NONE;
}

static bool names_of(const struct tsig_key *key, struct record *record)
{
    return wire_name_from_text(text_from_string(key->name), &record->key) &&
           wire_name_from_text(
               text_from_string(tsig_algorithm_word(key->algorithm)), &record->algorithm);
}

/* --- signing -------------------------------------------------------------- */

static void append_record(struct buffer *message, const struct tsig_key *key,
    const struct record *record, const struct tsig_mac *mac)
{
    struct buffer data = BUFFER_NONE;

    buffer_append(&data, record->algorithm.bytes, record->algorithm.len);
    put_time(&data, record->time_s);
    put_u16(&data, record->fudge_s);
    put_u16(&data, (unsigned)mac->len);
    buffer_append(&data, mac->bytes, mac->len);
    put_u16(&data, record->id);
    put_u16(&data, record->error);
    put_u16(&data, 0); /* no other data */
    (void)message_add_record(message, MESSAGE_ADDITIONAL, text_from_string(key->name), TYPE_TSIG,
        MESSAGE_CLASS_ANY, 0, buffer_text(&data));
    buffer_done(&data);
}

enum err tsig_sign(const struct tsig_key *key, int64_t now, struct buffer *message,
    struct tsig_mac *mac_r, struct failure *failure)
{
    struct record record = {.time_s = (uint64_t)now,
        .fudge_s = TSIG_FUDGE_S,
        .id = message_id((const uint8_t *)message->data)};
    struct buffer bytes = BUFFER_NONE;
    enum err err;

    if (!names_of(key, &record))
        return failure_set(failure, ERR_SYNTAX, "the key's name is no name");
    buffer_append_text(&bytes, buffer_text(message));
    put_variables(&bytes, &record);
    err = compute(key, &bytes, mac_r, failure);
    buffer_done(&bytes);
    if (err == ERR_NONE)
        append_record(message, key, &record, mac_r);
    return err;
}

/* --- verifying ------------------------------------------------------------ */

static struct text read_bytes(struct wire_reader *data, size_t len)
{
    struct text bytes = TEXT_NONE;

    if (wire_reader_has(data, len)) {
        bytes = text_from_bytes((const char *)data->bytes + data->at, len);
        data->at += len;
    }
    return bytes;
}

static bool read_data(
    const struct wire_reader *message, const struct wire_resource *resource, struct record *record)
{
    struct wire_reader data = wire_reader_of_data(message, resource);

    record->key = resource->owner;
    record->algorithm = wire_reader_name(&data);
    record->time_s = (uint64_t)wire_reader_u16(&data) << 32;
    record->time_s |= wire_reader_u32(&data);
    record->fudge_s = wire_reader_u16(&data);
    record->mac = read_bytes(&data, wire_reader_u16(&data));
    record->id = wire_reader_u16(&data);
    record->error = wire_reader_u16(&data);
    record->other = read_bytes(&data, wire_reader_u16(&data));
    return !data.is_bad && data.at == data.len;
}

/* ERR_ABSENT: the message is whole, and its last record is none of these (§5.1). */
static enum err find_record(struct text message, struct record *record_r)
{
    struct wire_reader reader = {
        .bytes = (const uint8_t *)message.data, .len = message.len, .at = 4};
    size_t questions = wire_reader_u16(&reader), resources = wire_reader_u16(&reader), additional;
    struct wire_resource resource = {.type = 0};
    size_t start = 0;

    resources += wire_reader_u16(&reader);
    additional = wire_reader_u16(&reader);
    resources += additional;
    for (size_t i = 0; i < questions && !reader.is_bad; i++) {
        (void)wire_reader_name(&reader);
        (void)wire_reader_u32(&reader);
    }
    for (size_t i = 0; i < resources && !reader.is_bad; i++) {
        start = reader.at;
        resource = wire_reader_resource(&reader);
    }
    if (reader.is_bad || reader.at != reader.len)
        return ERR_SYNTAX;
    if (resource.type != TYPE_TSIG || additional == 0)
        return ERR_ABSENT;
    /* These are signed as what they must be (§4.2). */
    if (resource.class != MESSAGE_CLASS_ANY || resource.ttl_s != 0)
        return ERR_SYNTAX;
    record_r->start = start;
    return read_data(&reader, &resource, record_r) ? ERR_NONE : ERR_SYNTAX;
}

static enum err complain(const struct record *record, struct failure *failure)
{
    switch (record->error) {
    case ERROR_BADKEY:
        return failure_set(failure, ERR_ACCESS,
            "the name server does not know that key, or not with that algorithm (BADKEY)");
    case ERROR_BADSIG:
        return failure_set(
            failure, ERR_ACCESS, "the name server has another secret for that key (BADSIG)");
    case ERROR_BADTIME:
        return failure_set(failure, ERR_ACCESS,
            "the clocks of this machine and of the name server differ by minutes (BADTIME)");
    default:
        return failure_set(
            failure, ERR_ACCESS, "the name server refuses the signature (error %u)", record->error);
    }
}

/* The message as it was before its record was appended, and with the id that was signed. */
static void put_message(struct buffer *out, struct text message, const struct record *record)
{
    unsigned additional = (unsigned char)message.data[10] << 8 | (unsigned char)message.data[11];
    size_t start = out->len;

    buffer_append_text(out, text_head(message, record->start));
    out->data[start] = (char)(record->id >> 8);
    out->data[start + 1] = (char)(record->id & 0xff);
    out->data[start + 10] = (char)((additional - 1) >> 8 & 0xff);
    out->data[start + 11] = (char)((additional - 1) & 0xff);
}

static bool is_ours(const struct tsig_key *key, const struct record *record)
{
    struct record ours;

    return names_of(key, &ours) && wire_name_equals(&ours.key, &record->key) &&
           wire_name_equals(&ours.algorithm, &record->algorithm);
}

static enum err compare(const struct tsig_key *key, const struct tsig_mac *mac, struct text message,
    const struct record *record, struct failure *failure)
{
    struct buffer bytes = BUFFER_NONE;
    struct tsig_mac wanted = {.len = 0};
    enum err err;

    put_u16(&bytes, (unsigned)mac->len);
    buffer_append(&bytes, mac->bytes, mac->len);
    put_message(&bytes, message, record);
    put_variables(&bytes, record);
    err = compute(key, &bytes, &wanted, failure);
    buffer_done(&bytes);
    if (err == ERR_NONE && (record->mac.len != wanted.len ||
                               CRYPTO_memcmp(record->mac.data, wanted.bytes, wanted.len) != 0))
        err = failure_set(failure, ERR_REFUSED,
            "the answer has a wrong signature: somebody else "
            "sent it, or changed it on its way");
    return err;
}

/* Some servers say of a key that they do not know no more than NOTAUTH. */
static enum err complain_unsigned(struct text message, struct failure *failure)
{
    unsigned rcode = message_flags((const uint8_t *)message.data) & MESSAGE_MASK_RCODE;

    if (rcode == RCODE_NOTAUTH)
        return failure_set(failure, ERR_ACCESS,
            "the name server does not know that key, or the zone is not its own (NOTAUTH)");
    return failure_set(
        failure, ERR_REFUSED, "the answer is not signed (%s)", message_rcode_text(rcode));
}

enum err tsig_verify(const struct tsig_key *key, const struct tsig_mac *mac, int64_t now,
    struct text message, struct failure *failure)
{
    struct record record = {.start = 0};
    enum err err = message.len >= MESSAGE_HEADER_BYTES ? find_record(message, &record) : ERR_SYNTAX;
    int64_t apart_s = now - (int64_t)record.time_s;

    if (err == ERR_SYNTAX)
        return failure_set(failure, err, "the answer is no DNS message");
    if (err == ERR_ABSENT)
        return complain_unsigned(message, failure);
    /* Of these errors the first two cannot be signed (§5.3.2). */
    if (record.error != 0)
        return complain(&record, failure);
    if (!is_ours(key, &record))
        return failure_set(failure, ERR_REFUSED, "the answer is signed with another key");
    err = compare(key, mac, message, &record, failure);
    if (err == ERR_NONE && (apart_s > record.fudge_s || apart_s < -(int64_t)record.fudge_s))
        err = failure_set(
            failure, ERR_REFUSED, "the answer was signed %lld seconds ago", (long long)apart_s);
    return err;
}
