/* SPDX-License-Identifier: MIT */
#include "tests/unit/milter/scene.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "milter/stats.h"
#include "tests/unit/unit.h"

static void on_resume(void *context)
{
    struct scene *scene = context;

    scene->resumed++;
}

int scene_up(void **state)
{
    static bool is_registered;
    struct scene *scene = calloc(1, sizeof *scene);

    log_open("test", LOG_TO_NOWHERE);
    if (!is_registered)
        stats_register();
    is_registered = true;
    clock_test_set(NOW, 1000);
    fake_world_init(&scene->fake);
    scene->session = session_new(&scene->fake.source, on_resume, scene);
    *state = scene;
    return 0;
}

int scene_down(void **state)
{
    struct scene *scene = *state;

    session_free(&scene->session);
    fake_world_done(&scene->fake);
    clock_test_release();
    free(scene);
    return 0;
}

/* --- a message, event by event --- */

const char *const scene_plain_header[SCENE_PLAIN_FIELDS + 1] = {"From: Alice <a@example.org>",
    "To: b@example.net", "Subject: hello", "Date: Tue, 14 Nov 2023 22:13:20 +0000",
    "Message-ID: <1@example.org>", NULL};

void scene_send_connect(struct session *session, const struct letter *letter)
{
    struct session_client client = {.is_local = letter->is_local, .name_known = true};

    assert_true(
        ip_parse(text_from_string(letter->client != NULL ? letter->client : CLIENT), &client.ip));
    client.name = TEXT("mail.example.org");
    client.daemon_name = text_from_string(letter->daemon != NULL ? letter->daemon : "smtpd");
    session_connect(session, &client);
    session_helo(session, TEXT("mail.example.org"));
}

static void send_header(struct session *session, const char *const *header)
{
    for (size_t i = 0; header[i] != NULL; i++) {
        struct text line = text_from_string(header[i]);
        size_t colon = text_find(line, ':');

        session_header(session, text_head(line, colon), text_skip(line, colon + 1));
    }
    session_end_header(session);
}

void scene_send_up_to_end(struct session *session, const struct letter *letter)
{
    const char *sender = letter->sender != NULL ? letter->sender : "<a@example.org>";
    const struct session_sender mail = {text_from_string(sender), text_from_string(letter->login)};

    scene_send_connect(session, letter);
    session_mail(session, &mail);
    session_rcpt(session, TEXT("<b@example.net>"));
    send_header(session, letter->header != NULL ? letter->header : scene_plain_header);
    session_body(session, text_from_string(letter->body != NULL ? letter->body : "Hello\r\n"));
}

const struct reply *scene_send(struct session *session, const struct letter *letter)
{
    const struct reply *reply = NULL;

    scene_send_up_to_end(session, letter);
    assert_int_equal(session_end_message(session, TEXT("4bXyz12"), &reply), SESSION_NOW);
    assert_false(session_has_message(session));
    return reply;
}

/* --- what a reply says --- */

/* The value of the change that inserts that field, or NULL. */
const char *scene_inserted(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->change_count; i++)
        if (reply->changes[i].kind == REPLY_INSERT_HEADER &&
            strcmp(reply->changes[i].name, name) == 0)
            return reply->changes[i].value;
    return NULL;
}

void assert_results(const struct reply *reply, const char *piece)
{
    const char *field = scene_inserted(reply, "Authentication-Results");

    assert_non_null(field);
    assert_null(strchr(field, '\r'));
    if (strstr(field, piece) == NULL)
        fail_msg("no \"%s\" in: %s", piece, field);
}

/* "-Name:index" and "+Name", in their order, with blanks between. */
static void describe_changes(const struct reply *reply, struct buffer *out)
{
    for (size_t i = 0; i < reply->change_count; i++) {
        const struct reply_change *change = &reply->changes[i];

        if (change->kind == REPLY_REMOVE_HEADER)
            buffer_append_format(out, " -%s:%u", change->name, change->index);
        else if (change->kind == REPLY_CHANGE_SENDER)
            buffer_append_format(out, " %s", change->value);
        else
            buffer_append_format(out, " +%s", change->name);
    }
}

void assert_changes(const struct reply *reply, const char *expected)
{
    struct buffer out = BUFFER_NONE;

    describe_changes(reply, &out);
    assert_string_equal(buffer_string(&out), expected);
    buffer_done(&out);
}

void scene_add_good_records(struct fake_world *fake)
{
    fake_world_add(fake, "example.org", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    fake_world_add(fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject");
}
