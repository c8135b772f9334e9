/* SPDX-License-Identifier: MIT */

/*
 * A whole message: split, its signatures found and judged. Every key that it asks for is one of
 * the two of RFC 8463 appendix A, so that the example there passes.
 */

#include <assert.h>
#include <stdint.h>

#include "lib/mailauth/signature.h"

#define NOW 1528637909

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dns_record keys[] = {
    {.text = {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 66}},
    {.text = {"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6W"
              "k08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6l"
              "HvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
         234}},
};

/* Answers what is missing; false where nothing is. */
static bool answer(struct answers *answers)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(answers, &questions);

    for (size_t i = 0; i < count; i++)
        answers_put(answers, questions[i].name, questions[i].type,
            &(struct dns_answer){.status = DNS_FOUND, .count = 2, .records = keys});
    return count != 0;
}

static void judge(struct signatures found, struct answers *answers)
{
    struct signature_verdict verdict;

    for (size_t i = 0; i < found.count; i++) {
        while (signature_evaluate(found.items[i], answers, NOW, &verdict) == AUTH_WAITING)
            assert(answer(answers));
        assert((verdict.result == AUTH_PASS) == (verdict.reason == NULL));
        assert(verdict.result != AUTH_PASS || (verdict.key_bits != 0 && verdict.domain.len != 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct message_limits limits = {64 * 1024, 100};
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, &limits);
    const struct header_field *fields;
    struct signatures found;
    struct text body;
    size_t count;

    if (message_split_file(
            text_from_bytes((const char *)data, size), arena, &fields, &count, &body) == ERR_NONE) {
        for (size_t i = 0; i < count; i++)
            (void)message_add_field(message, &fields[i]);
        found = signatures_find(message, NULL, arena);
        for (; body.len != 0; body = text_skip(body, 37))
            message_add_body(message, text_head(body, 37));
        message_end_body(message);
        judge(found, answers_new(arena));
    }
    message_done(&message);
    arena_free(&arena);
    return 0;
}
