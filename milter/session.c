/* SPDX-License-Identifier: MIT */
#include "milter/session.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "milter/passage.h"
#include "milter/stats.h"

struct session {
    const struct session_source *source;
    session_resume_fn *resume;
    void *resume_context;
    struct session_client client;
    char *client_texts[3]; /* its name, ptr and daemon_name */
    char helo[SESSION_NAME_MAX];
    size_t helo_len;
    struct arena *message_arena; /* NULL before a message, so that a quiet client is small */
    struct passage *passage;     /* NULL between messages */
};

struct session *session_new(
    const struct session_source *source, session_resume_fn *resume, void *resume_context)
{
    struct session *session = memory_alloc_zero(1, sizeof *session);

    session->source = source;
    session->resume = resume;
    session->resume_context = resume_context;
    return session;
}

static void forget_client(struct session *session)
{
    for (size_t i = 0; i < sizeof session->client_texts / sizeof *session->client_texts; i++)
        memory_free(&session->client_texts[i]);
}

void session_free(struct session **session)
{
    struct session *gone = *session;

    *session = NULL;
    if (gone == NULL)
        return;
    session_abort(gone);
    forget_client(gone);
    free(gone);
}

static struct text keep(struct text text, char **copy_r)
{
    text = text_head(text, SESSION_NAME_MAX);
    *copy_r = memory_copy_bytes(text.data, text.len);
    return text_from_bytes(*copy_r, text.len);
}

void session_connect(struct session *session, const struct session_client *client)
{
    session_abort(session);
    forget_client(session);
    session->client = *client;
    session->client.name = keep(client->name, &session->client_texts[0]);
    if (text_equals_nocase(session->client.name, TEXT("unknown")))
        session->client.name = TEXT_NONE;
    session->client.ptr = keep(client->ptr, &session->client_texts[1]);
    session->client.daemon_name = keep(client->daemon_name, &session->client_texts[2]);
    session->helo_len = 0;
}

void session_helo(struct session *session, struct text name)
{
    name = text_head(name, sizeof session->helo);
    if (name.len != 0)
        memcpy(session->helo, name.data, name.len);
    session->helo_len = name.len;
}

/*
 * Mail that is ours to answer for, and therefore ours to sign (not to judge); else it comes in. A
 * relay mostly lies in a network that is trusted: it is the more particular of the two.
 */
static bool is_outgoing(const struct world *world, struct passage_envelope *envelope)
{
    const struct session_client *client = &envelope->client;

    if (client->is_local || !text_is_empty(envelope->login) ||
        world_is_originating(world, client->daemon_name))
        return true;
    envelope->is_relayed =
        world_is_relay(world, &client->ip) || world_is_relay_daemon(world, client->daemon_name);
    return !envelope->is_relayed && world_trusts(world, &client->ip);
}

static struct text without_brackets(struct text address)
{
    if (address.len >= 2 && address.data[0] == '<' && address.data[address.len - 1] == '>')
        return text_from_bytes(address.data + 1, address.len - 2);
    return address;
}

void session_mail(struct session *session, const struct session_sender *sender)
{
    struct arena *arena;
    struct passage *passage;

    session_abort(session);
    arena = session->message_arena = arena_new();
    passage = arena_alloc_zero(arena, 1, sizeof *passage);
    passage->arena = arena;
    passage->world = session->source->take(session->source->context);
    passage->envelope.client = session->client;
    passage->envelope.hop = session->client.ip;
    passage->envelope.helo = arena_copy(arena, text_from_bytes(session->helo, session->helo_len));
    passage->envelope.sender =
        arena_copy(arena, text_head(without_brackets(sender->address), SESSION_ADDRESS_MAX));
    passage->envelope.login = arena_copy(arena, text_head(sender->login, SESSION_ADDRESS_MAX));
    passage->resume = session->resume;
    passage->resume_context = session->resume_context;
    reply_init(&passage->reply, arena);
    passage->direction =
        is_outgoing(passage->world, &passage->envelope) ? &passage_outgoing : &passage_incoming;
    passage->state = passage->direction->begin(passage);
    session->passage = passage;
}

static struct text domain_of(struct text address)
{
    address = without_brackets(address);
    return text_skip(address, text_find_last(address, '@') + 1);
}

/* For the question whether the message is forwarded (forwarding.h). */
static void keep_recipient(struct passage *passage, struct text recipient)
{
    struct passage_envelope *envelope = &passage->envelope;

    if (!world_minds_forwarding(passage->world) ||
        envelope->kept_count == FORWARDING_RECIPIENTS_MAX)
        return;
    envelope->kept = arena_make_room(passage->arena, envelope->kept, envelope->kept_count,
        &envelope->kept_room, sizeof *envelope->kept);
    envelope->kept[envelope->kept_count++] =
        arena_copy(passage->arena, text_head(without_brackets(recipient), SESSION_ADDRESS_MAX));
}

void session_rcpt(struct session *session, struct text recipient)
{
    struct text domain = domain_of(text_head(recipient, SESSION_ADDRESS_MAX));
    struct passage_envelope *envelope;

    if (session->passage == NULL)
        return;
    keep_recipient(session->passage, recipient);
    envelope = &session->passage->envelope;
    if (envelope->recipients++ == 0)
        envelope->recipient_domain = arena_copy(session->message_arena, domain);
    else if (!text_equals_nocase(envelope->recipient_domain, domain))
        envelope->recipient_domain = TEXT_NONE;
}

void session_header(struct session *session, struct text name, struct text value)
{
    struct passage *passage = session->passage;
    struct header_field field;

    if (passage == NULL || passage->header_has_ended || !passage_admits_field(passage, name, value))
        return;
    field = header_field_make(name, value, passage->arena);
    passage->direction->field(passage->state, &field);
}

void session_end_header(struct session *session)
{
    struct passage *passage = session->passage;

    if (passage == NULL || passage->header_has_ended)
        return;
    passage->header_has_ended = true;
    passage->direction->end_header(passage->state);
}

void session_body(struct session *session, struct text piece)
{
    session_end_header(session);
    if (session->passage != NULL)
        session->passage->direction->body(session->passage->state, piece);
}

enum session_progress session_end_message(
    struct session *session, struct text queue_id, const struct reply **reply_r)
{
    struct passage *passage = session->passage;

    if (passage == NULL)
        return session_resume(session, reply_r);
    queue_id = text_head(queue_id, sizeof passage->log.queue_id - 1);
    if (queue_id.len != 0)
        memcpy(passage->log.queue_id, queue_id.data, queue_id.len);
    session_end_header(session);
    passage->deadline_ms = clock_monotonic_ms() + passage->world->decisions.dns_timeout_ms;
    passage->direction->end_body(passage->state);
    return session_resume(session, reply_r);
}

/* The reply lives on in the message's arena until the next message. */
static void passage_close(struct session *session)
{
    struct passage *passage = session->passage;

    session->passage = NULL;
    passage->direction->end(passage->state);
    world_release(&passage->world);
}

enum session_progress session_resume(struct session *session, const struct reply **reply_r)
{
    static const struct reply nothing = {.verdict = REPLY_CONTINUE};
    struct passage *passage = session->passage;

    if (passage == NULL) {
        *reply_r = &nothing;
        return SESSION_NOW;
    }
    if (passage->direction->finish(passage->state) == SESSION_LATER)
        return SESSION_LATER;
    *reply_r = &passage->reply;
    passage_close(session);
    return SESSION_NOW;
}

void session_abort(struct session *session)
{
    if (session->passage != NULL)
        passage_close(session);
    arena_free(&session->message_arena);
}

/* Only what comes in waits for a verdict. */
void session_dismiss(struct session *session, struct text queue_id)
{
    struct log_context context = {.queue_id = ""};

    log_safe(queue_id.data, queue_id.len, context.queue_id, sizeof context.queue_id);
    log_warning(&context, "action=defer: stopped before there was a verdict");
    stats_count_incoming_unjudged();
    session_abort(session);
}

bool session_has_message(const struct session *session)
{
    return session->passage != NULL;
}
