/* SPDX-License-Identifier: MIT */
#include "milter/passage.h"

bool passage_admits_field(struct passage *passage, struct text name, struct text value)
{
    const struct message_limits *limits = &passage->world->rules.limits;

    passage->header_bytes += name.len + value.len + sizeof ":\r\n" - 1;
    passage->header_fields++;
    if (passage->header_bytes > limits->header_bytes || passage->header_fields > limits->fields)
        passage->header_is_too_large = true;
    return !passage->header_is_too_large;
}

/* One byte becomes up to four, as \xHH. */
struct text passage_word(const struct passage *passage, struct text text)
{
    size_t size = 4 * text.len + 1;

    return text_from_string(log_word(text.data, text.len, arena_alloc(passage->arena, size), size));
}

struct text passage_origin_text(const struct passage *passage)
{
    const struct passage_envelope *envelope = &passage->envelope;
    struct text name = passage_word(passage, envelope->client.name);
    struct text sender = passage_word(passage, envelope->sender);
    char ip[IP_TEXT_MAX];

    if (text_is_empty(name))
        name = envelope->client.is_local ? TEXT("local") : TEXT("unknown");
    ip_format(&envelope->client.ip, ip);
    return arena_print(passage->arena, "client=%.*s[%s] from=<%.*s>", TEXT_ARGS(name),
        envelope->client.is_local ? "local" : ip, TEXT_ARGS(sender));
}

void passage_refuse_large_header(struct passage *passage)
{
    const struct message_limits *limits = &passage->world->rules.limits;
    struct text origin = passage_origin_text(passage);

    log_warning(&passage->log, "%.*s action=defer: header over %zu bytes or %zu fields",
        TEXT_ARGS(origin), limits->header_bytes, limits->fields);
    reply_tempfail(&passage->reply, "451", "4.3.4",
        "message header is larger than this system takes (%zu bytes, %zu fields)",
        limits->header_bytes, limits->fields);
}
