/* SPDX-License-Identifier: MIT */
#include "tests/unit/milter/noting-session.h"

#include "lib/base/memory.h"
#include "milter/stats.h"

struct session {
    struct reply reply;
    bool has_message, is_later;
};

struct buffer noting_session_notes;
int noting_session_count, noting_session_connections;

void stats_count_connections(int change)
{
    noting_session_connections += change;
}

static bool is_in_body; /* the last note */

static void note(const char *word, struct text a, struct text b)
{
    buffer_append_format(&noting_session_notes, "%s(", word);
    buffer_append_text(&noting_session_notes, a);
    if (b.len != 0)
        buffer_append_byte(&noting_session_notes, ' ');
    buffer_append_text(&noting_session_notes, b);
    buffer_append_string(&noting_session_notes, ") ");
    is_in_body = false;
}

struct session *session_new(
    const struct session_source *source, session_resume_fn *resume, void *resume_context)
{
    (void)source, (void)resume, (void)resume_context;
    noting_session_count++;
    return memory_alloc_zero(1, sizeof(struct session));
}

void session_free(struct session **session)
{
    noting_session_count -= *session != NULL;
    memory_free(session);
}

void session_connect(struct session *session, const struct session_client *client)
{
    char address[IP_TEXT_MAX];

    session->has_message = false;
    ip_format(&client->ip, address);
    note(client->is_local ? "local" : "connect", text_from_string(address),
        client->name_known ? client->name : TEXT("-"));
}

void session_helo(struct session *session, struct text name)
{
    (void)session;
    note("helo", name, TEXT_NONE);
}

void session_mail(struct session *session, const struct session_sender *sender)
{
    session->has_message = true;
    note("mail", sender->address, sender->login);
}

void session_rcpt(struct session *session, struct text recipient)
{
    (void)session;
    note("rcpt", recipient, TEXT_NONE);
}

void session_header(struct session *session, struct text name, struct text value)
{
    (void)session;
    note("header", name, value);
}

void session_end_header(struct session *session)
{
    (void)session;
    note("eoh", TEXT_NONE, TEXT_NONE);
}

/* However it was cut, it is one. */
void session_body(struct session *session, struct text piece)
{
    struct buffer *notes = &noting_session_notes;

    (void)session;
    if (is_in_body && notes->len >= 2) {
        notes->len -= 2;
        buffer_append_text(notes, piece);
        buffer_append_string(notes, ") ");
    } else {
        note("body", piece, TEXT_NONE);
    }
    is_in_body = true;
}

enum session_progress session_end_message(
    struct session *session, struct text queue_id, const struct reply **reply_r)
{
    static struct reply_change changes[] = {
        {REPLY_REMOVE_HEADER, 1, "X-Forged", NULL },
        {REPLY_INSERT_HEADER, 0, "X-Result", " ok"},
    };
    static struct reply_change sender = {REPLY_CHANGE_SENDER, 0, NULL, "<a@b>"};

    if (!session->has_message)
        abort();
    note("end", queue_id, TEXT_NONE);
    session->reply = (struct reply){.verdict = REPLY_CONTINUE};
    if (text_starts_with(queue_id, TEXT("reject")))
        session->reply = (struct reply){
            .verdict = REPLY_REJECT, .code = "550", .enhanced = "5.7.1", .text = "100% no"};
    if (text_starts_with(queue_id, TEXT("changes"))) {
        session->reply.changes = changes;
        session->reply.change_count = sizeof changes / sizeof changes[0];
    }
    if (text_starts_with(queue_id, TEXT("sender"))) {
        session->reply.changes = &sender;
        session->reply.change_count = 1;
    }
    session->is_later = text_starts_with(queue_id, TEXT("later"));
    return session_resume(session, reply_r);
}

/* "later": at the second time. */
enum session_progress session_resume(struct session *session, const struct reply **reply_r)
{
    if (session->is_later) {
        session->is_later = false;
        return SESSION_LATER;
    }
    session->has_message = false;
    *reply_r = &session->reply;
    return SESSION_NOW;
}

void session_abort(struct session *session)
{
    if (session->has_message)
        note("abort", TEXT_NONE, TEXT_NONE);
    session->has_message = false;
}

void session_dismiss(struct session *session, struct text queue_id)
{
    note("dismiss", queue_id, TEXT_NONE);
    session->has_message = false;
}

bool session_has_message(const struct session *session)
{
    return session->has_message;
}
