/* SPDX-License-Identifier: MIT */

/*
 * The milter's session, driven by a script: each line is an event, its first byte says which. DNS
 * answers come at once or when the script says so. What a reply may never be aborts.
 */

#include <stdlib.h>

#include "lib/base/log.h"
#include "milter/session.h"

#define HELD_MAX 64

struct held {
    resolver_done_fn *done;
    void *context;
    size_t count;
};

static struct held held[HELD_MAX];
static size_t held_count;
static bool is_holding;
static struct world *world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const struct held *wave)
{
    static const struct dns_record record = {
        .text = {"v=spf1 include:x.example mx -all", 32}
    };
    static const struct dns_answer found = {DNS_FOUND, 60, false, 1, &record};
    static const struct dns_answer missing = {DNS_NO_NAME, 60, false, 0, NULL};
    const struct dns_answer **answers = calloc(wave->count, sizeof *answers);

    for (size_t i = 0; answers != NULL && i < wave->count; i++)
        answers[i] = i == 0 ? &found : &missing;
    wave->done(wave->context, answers, wave->count, true);
    free(answers);
}

static struct wave *send_wave(void *context, const struct dns_question *questions, size_t count,
    size_t asked_before, int64_t timeout_ms, resolver_done_fn *done, void *done_context)
{
    const struct held wave = {done, done_context, count};

    (void)asked_before;
    (void)context;
    (void)questions;
    (void)timeout_ms;
    if (!is_holding || held_count == HELD_MAX) {
        answer(&wave);
        return NULL;
    }
    held[held_count] = wave;
    return (struct wave *)(uintptr_t)++held_count;
}

/* Cancelled waves keep their place, so that handles stay what they are. */
static bool cancel_wave(void *context, struct wave *handle)
{
    struct held *wave = &held[(uintptr_t)handle - 1];
    bool was_out = wave->done != NULL;

    (void)context;
    wave->done = NULL;
    return was_out;
}

static void deliver(void)
{
    for (size_t i = 0; i < held_count; i++) {
        const struct held wave = held[i];

        held[i].done = NULL;
        if (wave.done != NULL)
            answer(&wave);
    }
    held_count = 0;
}

/* Whoever writes as one of that domain only. */
static enum err judge_rights(void *context, const struct rights_request *request,
    struct arena *arena, struct rights_verdict *verdict_r, struct failure *failure)
{
    (void)context, (void)failure;
    *verdict_r = (struct rights_verdict){.is_allowed = true};
    for (size_t i = 0; i < request->author_count; i++)
        if (!text_ends_with_nocase(request->authors[i], TEXT("@example.org")))
            *verdict_r = (struct rights_verdict){
                .refused = arena_copy(arena, request->authors[i]), .allowed = request->sender};
    return ERR_NONE;
}

static enum err judge_exceptions(void *context, const struct exceptions_request *request,
    struct arena *arena, struct exceptions_verdict *verdict_r, struct failure *failure)
{
    (void)context, (void)arena, (void)failure;
    *verdict_r = (struct exceptions_verdict){.has_override = false};
    if (request->author_count != 0)
        verdict_r->own_domain = request->authors[request->author_count - 1];
    return ERR_NONE;
}

static enum err find_keys(
    void *context, struct text domain, struct key_set **set_r, struct failure *failure)
{
    (void)context;
    (void)set_r;
    return domain.len % 2 != 0 ? ERR_ABSENT : failure_set(failure, ERR_IO, "no database");
}

static struct world *take(void *context)
{
    (void)context;
    return world_hold(world);
}

static void resume(void *context)
{
    (void)context;
}

static void make_world(void)
{
    static const char *const relay_ids[] = {"mx2.example.net", NULL};
    static struct ip_network relay;

    log_open("fuzz", LOG_TO_NOWHERE);
    world = calloc(1, sizeof *world);
    if (world == NULL)
        abort();
    atomic_init(&world->references, 1);
    world->rules.authserv_id = TEXT("mx.example.net");
    world->rules.limits = (struct message_limits){8192, 40};
    world->decisions.dns_timeout_ms = 60000;
    world->decisions.on_reject = SETTINGS_ON_REJECT_REJECT;
    world->resolver = (struct world_resolver){NULL, send_wave, cancel_wave};
    world->keys = (struct world_keys){NULL, find_keys};
    world->rights = (struct world_rights){NULL, judge_rights};
    world->exceptions = (struct world_exceptions){NULL, judge_exceptions};
    world->decisions.on_from_mismatch = SETTINGS_ON_MISMATCH_REJECT;
    ip_network_parse(TEXT("192.0.2.14"), &relay);
    world->decisions.internal_relays = &relay;
    world->decisions.internal_relay_count = 1;
    world->decisions.relay_authserv_ids = relay_ids;
}

static void check_reply(const struct reply *reply)
{
    if (reply->verdict != REPLY_CONTINUE && (reply->change_count != 0 || reply->code == NULL))
        abort();
    for (size_t i = 0; i < reply->change_count; i++) {
        const struct reply_change *change = &reply->changes[i];

        if (change->kind == REPLY_REMOVE_HEADER ? change->index == 0 : change->value[0] != ' ')
            abort();
        if (change->value != NULL && strchr(change->value, '\r') != NULL)
            abort();
    }
}

static void end_message(struct session *session, struct text queue_id)
{
    const struct reply *reply;
    enum session_progress progress = session_end_message(session, queue_id, &reply);

    while (progress == SESSION_LATER) {
        deliver();
        progress = session_resume(session, &reply);
    }
    check_reply(reply);
}

static void say_header(struct session *session, struct text line)
{
    size_t colon = text_find(line, ':');

    if (colon != line.len)
        session_header(session, text_head(line, colon), text_skip(line, colon + 1));
}

static void say_connect(struct session *session, struct text address)
{
    struct session_client client = {.name = TEXT("mail.example.org"), .name_known = true};

    client.is_local = !ip_parse(address, &client.ip);
    session_connect(session, &client);
}

static void play(struct session *session, char event, struct text rest)
{
    size_t blank = text_find(rest, ' ');

    switch (event) {
    case 'c':
        say_connect(session, rest);
        break;
    case 'h':
        session_helo(session, rest);
        break;
    case 'm':
        session_mail(
            session, &(struct session_sender){text_head(rest, blank), text_skip(rest, blank + 1)});
        break;
    case 'r':
        session_rcpt(session, rest);
        break;
    case 'H':
        say_header(session, rest);
        break;
    case 'n':
        session_end_header(session);
        break;
    case 'b':
        session_body(session, rest);
        break;
    case 'e':
        end_message(session, rest);
        break;
    case 'a':
        session_abort(session);
        break;
    case 'w':
        is_holding = !is_holding;
        break;
    case 'd':
        deliver();
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct session_source source = {NULL, take};
    struct text rest = text_from_bytes((const char *)data, size), line;
    struct session *session;

    if (world == NULL)
        make_world();
    is_holding = false;
    held_count = 0;
    session = session_new(&source, resume, NULL);
    while (text_split(&rest, '\n', &line))
        if (line.len != 0)
            play(session, line.data[0], text_skip(line, 1));
    session_free(&session);
    if (world->references != 1)
        abort();
    return 0;
}
