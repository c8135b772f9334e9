/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/delegation-signer.h"

#include <openssl/evp.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buffer.h"
#include "lib/dns/rdata.h"
#include "lib/dns/wire-reader.h"

#define PROTOCOL 3         /* all that there is (§2.1.2) */
#define FLAG_ZONE_KEY 256U /* without it the key is for something else (§2.1.1) */
#define FLAG_REVOKED 128U  /* RFC 5011 §7 */
#define WORDS 4

/* "48 13 2 DIGEST" or "257 3 13 KEY": three numbers and the rest. */
struct words {
    uint64_t numbers[WORDS - 1];
    struct text rest;
};

static bool read_words(struct text text, struct words *words_r)
{
    struct text word;

    for (size_t i = 0; i < WORDS - 1; i++)
        if (!text_split(&text, ' ', &word) || !text_to_number(word, 0xffff, &words_r->numbers[i]))
            return false;
    words_r->rest = text;
    return text.len != 0;
}

/* What the digest is of: the zone's name and the key's data (§5.1.4). */
static bool write_key(struct text zone, const struct words *key, struct buffer *out)
{
    unsigned char bytes[BASE64_DECODED_MAX(BASE64_ENCODED_LEN(RDATA_KEY_MAX))];
    struct wire_name name;
    size_t len = 0;

    if (key->rest.len > BASE64_ENCODED_LEN(RDATA_KEY_MAX) || !wire_name_from_text(zone, &name) ||
        !base64_decode(key->rest, bytes, &len))
        return false;
    buffer_append(out, name.bytes, name.len);
    buffer_append_byte(out, (char)(key->numbers[0] >> 8 & 0xff));
    buffer_append_byte(out, (char)(key->numbers[0] & 0xff));
    buffer_append_byte(out, (char)key->numbers[1]);
    buffer_append_byte(out, (char)key->numbers[2]);
    buffer_append(out, bytes, len);
    return true;
}

/* NULL: not known here. */
static const EVP_MD *digest_of(uint64_t type)
{
    switch (type) {
    case 1:
        return EVP_sha1();
    case 2:
        return EVP_sha256();
    case 4:
        return EVP_sha384();
    default:
        return NULL;
    }
}

static bool is_digest_of(const struct words *signer, struct text bytes)
{
    const EVP_MD *md = digest_of(signer->numbers[2]);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (md == NULL || EVP_Digest(bytes.data, bytes.len, digest, &len, md, NULL) != 1 ||
        signer->rest.len != (size_t)len * 2)
        return false;
    for (unsigned i = 0; i < len; i++)
        if (text_hex_value(signer->rest.data[i * 2]) != digest[i] >> 4 ||
            text_hex_value(signer->rest.data[i * 2 + 1]) != (digest[i] & 0xf))
            return false;
    return true;
}

static bool leads(struct text zone, const struct words *signer, struct text text)
{
    struct buffer bytes = BUFFER_NONE;
    struct words key;
    bool does_lead = read_words(text, &key) && (key.numbers[0] & FLAG_ZONE_KEY) != 0 &&
                     (key.numbers[0] & FLAG_REVOKED) == 0 && key.numbers[1] == PROTOCOL &&
                     key.numbers[2] == signer->numbers[1] && write_key(zone, &key, &bytes) &&
                     is_digest_of(signer, buffer_text(&bytes));

    buffer_done(&bytes);
    return does_lead;
}

enum delegation_signer delegation_signer_judge(
    struct text zone, const struct dns_answer *signers, const struct dns_answer *keys)
{
    enum delegation_signer verdict = DELEGATION_SIGNER_ASTRAY;

    for (size_t i = 0; i < signers->count; i++) {
        struct words signer;

        if (!read_words(signers->records[i].text, &signer))
            continue;
        if (digest_of(signer.numbers[2]) == NULL)
            verdict = DELEGATION_SIGNER_UNKNOWN;
        for (size_t j = 0; j < keys->count; j++)
            if (leads(zone, &signer, keys->records[j].text))
                return DELEGATION_SIGNER_LEADS;
    }
    return verdict;
}
