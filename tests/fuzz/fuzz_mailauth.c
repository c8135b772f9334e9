/* SPDX-License-Identifier: MIT */

/*
 * The whole engine on one message: a line each for client, HELO name and sender, then records as
 * canned_add_lines() reads them, then the message.
 */

#include <stdlib.h>

#include "lib/mailauth/authres.h"
#include "lib/mailauth/mailauth.h"
#include "tests/unit/mailauth/canned.h"

#define WAVES_MAX 40
#define PIECE_BYTES 61 /* the body comes in pieces that end anywhere */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mailauth_facts read_facts(struct text *rest)
{
    struct mailauth_facts facts = {.client_name_known = true, .now = 1528637909};
    struct text client = TEXT_NONE;

    text_split(rest, '\n', &client);
    text_split(rest, '\n', &facts.helo);
    text_split(rest, '\n', &facts.mail_from);
    ip_parse(client, &facts.client);
    facts.client_name = facts.helo;
    return facts;
}

static bool give_message(struct mailauth *session, struct text message, struct arena *arena)
{
    const struct header_field *fields;
    struct text body;
    size_t count;

    if (message_split_file(message, arena, &fields, &count, &body) != ERR_NONE)
        return false;
    for (size_t i = 0; i < count; i++)
        mailauth_field(session, &fields[i]);
    mailauth_end_header(session);
    for (; body.len != 0; body = text_skip(body, PIECE_BYTES))
        mailauth_body(session, text_head(body, PIECE_BYTES));
    mailauth_end_body(session);
    return true;
}

static void check_verdict(
    const struct mailauth_rules *rules, const struct mailauth_verdict *verdict, struct arena *arena)
{
    struct header_field field = {
        .name = TEXT("Authentication-Results"), .value = verdict->results_field};
    bool passes = verdict->spf.result == AUTH_PASS;

    for (size_t i = 0; i < verdict->signature_count; i++)
        passes = passes || verdict->signatures[i].result == AUTH_PASS;
    if (verdict->dmarc.result == AUTH_PASS && (!passes || verdict->from != MAILAUTH_FROM_ONE))
        abort();
    if (!authres_is_forged(&field, rules->authserv_id, arena))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mailauth_rules rules = {
        .authserv_id = {"mx.example.org",             14                    },
        .limits = {MESSAGE_HEADER_BYTES_DEFAULT, MESSAGE_FIELDS_DEFAULT}
    };
    struct text rest = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct mailauth_facts facts = read_facts(&rest);
    struct mailauth *session = mailauth_new(&rules, &facts, answers, arena);
    struct mailauth_verdict verdict;
    int waves = 0;

    canned_add_lines(canned, &rest);
    mailauth_evaluate(session, &verdict);
    if (give_message(session, rest, arena)) {
        while (mailauth_evaluate(session, &verdict) == AUTH_WAITING)
            if (canned_answer_wave(canned, answers) == 0 || ++waves > WAVES_MAX)
                abort();
        check_verdict(&rules, &verdict, arena);
    }
    mailauth_done(&session);
    arena_free(&arena);
    return 0;
}
