/* SPDX-License-Identifier: MIT */

/*
 * What we sign, we verify: the first byte of the input chooses canonicalizations and how the body
 * is cut, the rest is the message.
 */

#include <assert.h>
#include <stdint.h>

#include "lib/mailauth/signature.h"

#define NOW 1528637909

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8463 appendix A. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                          "-----END PRIVATE KEY-----\n";
static const struct dns_record key_record = {
    .text = {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 66}
};

struct input {
    const struct header_field *fields;
    size_t count;
    struct text body;
    size_t piece; /* how the body is cut */
};

static void add_body(struct message *message, const struct input *input)
{
    struct text rest = input->body;

    for (; rest.len != 0; rest = text_skip(rest, input->piece))
        message_add_body(message, text_head(rest, input->piece));
    message_end_body(message);
}

/* The signature's value; false where the message is none that we sign. */
static bool sign(const struct input *input, const struct signing_request *request,
    struct arena *arena, struct text *value_r)
{
    static struct private_key *key;
    struct message *message = message_new(arena, NULL);
    enum err err;

    if (key == NULL)
        assert(private_key_parse(text_from_string(pem), false, &key, NULL) == ERR_NONE);
    for (size_t i = 0; i < input->count; i++)
        (void)message_add_field(message, &input->fields[i]);
    assert(signer_prepare(message, request) == ERR_NONE);
    add_body(message, input);
    err = signer_format(message, request, key, arena, value_r, NULL);
    assert(err == ERR_NONE || err == ERR_REFUSED);
    message_done(&message);
    return err == ERR_NONE;
}

static void verify(const struct input *input, struct text value, struct arena *arena)
{
    const struct message_limits limits = {
        2 * MESSAGE_HEADER_BYTES_DEFAULT, MESSAGE_FIELDS_DEFAULT + 1};
    struct header_field own = header_field_make(TEXT("DKIM-Signature"), value, arena);
    struct message *message = message_new(arena, &limits);
    struct answers *answers = answers_new(arena);
    struct signature_verdict verdict;
    struct signatures found;

    assert(message_add_field(message, &own) == ERR_NONE);
    for (size_t i = 0; i < input->count; i++)
        assert(message_add_field(message, &input->fields[i]) == ERR_NONE);
    found = signatures_find(message, NULL, arena);
    add_body(message, input);
    answers_put(answers, TEXT("sel._domainkey.example.org"), DNS_TXT,
        &(struct dns_answer){.status = DNS_FOUND, .count = 1, .records = &key_record});
    assert(signature_evaluate(found.items[0], answers, NOW, &verdict) == AUTH_DONE);
    assert(verdict.result == AUTH_PASS);
    message_done(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signing_request request = {
        .domain = TEXT("example.org"), .selector = TEXT("sel"), .now = NOW};
    struct arena *arena;
    struct input input;
    struct text value;

    if (size == 0)
        return 0;
    arena = arena_new();
    request.header_canon = (data[0] & 1) != 0 ? CANON_RELAXED : CANON_SIMPLE;
    request.body_canon = (data[0] & 2) != 0 ? CANON_RELAXED : CANON_SIMPLE;
    input.piece = (data[0] >> 2) + 1U;
    if (message_split_file(text_from_bytes((const char *)data + 1, size - 1), arena, &input.fields,
            &input.count, &input.body) == ERR_NONE &&
        sign(&input, &request, arena, &value))
        verify(&input, value, arena);
    arena_free(&arena);
    return 0;
}
