/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-submit.h"

#include <time.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/service/control-client.h"
#include "lib/service/proof-answer.h"
#include "mailctl/attach/sasl-plain.h"
#include "mailctl/attach/smtp-probe.h"
#include "mailctl/program.h"

#define CONTROL_TIMEOUT_MS ((int64_t)5 * 1000)
#define QUEUED "queued as "

/* --- what is said --- */

static enum err greet(const struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    struct text host = postfix_instance_value(submit->instance, TEXT("myhostname"));

    return smtp_probe_say(
        smtp, arena_print(smtp->arena, "EHLO %.*s", TEXT_ARGS(host)).data, "2", failure);
}

static enum err start_tls(
    const struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    struct failure inner;
    enum err err = smtp_probe_start_tls(smtp,
        arena_copy_string(
            smtp->arena, postfix_instance_value(submit->instance, TEXT("myhostname"))),
        &inner);

    return err == ERR_NONE ? err : failure_set(failure, err, "TLS handshake: %s", inner.text);
}

/* Up to the answer to EHLO, under TLS where that can be. */
static enum err open_session(
    const struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    const struct submission *submission = submit->submission;
    enum err err = submission->is_wrapped ? start_tls(submit, smtp, failure) : ERR_NONE;

    if (err == ERR_NONE)
        err = smtp_probe_say(smtp, NULL, "2", failure);
    if (err == ERR_NONE)
        err = greet(submit, smtp, failure);
    if (err != ERR_NONE || submission->is_wrapped || submission->depth < SUBMISSION_TLS)
        return err;
    if (!smtp_probe_offers(smtp, TEXT("STARTTLS"), TEXT("")))
        return failure_set(failure, ERR_REFUSED, "no TLS is offered (STARTTLS)");
    err = smtp_probe_say(smtp, "STARTTLS", "2", failure);
    if (err == ERR_NONE)
        err = start_tls(submit, smtp, failure);
    return err == ERR_NONE ? greet(submit, smtp, failure) : err;
}

static enum err log_in(
    const struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    struct buffer line = BUFFER_NONE;
    enum err err;

    if (!smtp_probe_offers(smtp, TEXT("AUTH"), TEXT("PLAIN")))
        return failure_set(failure, ERR_REFUSED, "no login is offered (AUTH PLAIN)");
    (void)buffer_reserve(&line, SMTP_PROBE_BYTES_MAX);
    buffer_append_string(&line, "AUTH PLAIN ");
    sasl_plain_append(submit->user->address, text_from_string(submit->user->password), &line);
    buffer_append_string(&line, "\r\n");
    err = smtp_probe_say_quietly(smtp,
        arena_print(smtp->arena, "the login of %.*s", TEXT_ARGS(submit->user->address)).data,
        buffer_text(&line), "2", failure);
    buffer_done_wiped(&line);
    return err;
}

/* --- the message --- */

enum err postfix_submit_milter_connections(
    const struct attach_site *site, uint64_t *count_r, struct failure *failure)
{
    const struct text name = TEXT("\ngatepost_milter_connections ");
    struct buffer answer = BUFFER_NONE;
    enum err err = control_ask(
        site->settings->run_directory, "milter", "metrics", CONTROL_TIMEOUT_MS, &answer, failure);

    if (err == ERR_NONE) {
        struct text text = buffer_text(&answer);
        struct text value = text_skip(text, text_find_text(text, name) + name.len);

        if (!text_to_number(
                text_trim(text_head(value, text_find(value, '\n'))), UINT32_MAX, count_r))
            err =
                failure_set(failure, ERR_CORRUPT, "gatepost-milter does not tell its connections");
    }
    buffer_done(&answer);
    return err;
}

static enum err announce(const struct submit *submit, struct failure *failure)
{
    struct buffer request = BUFFER_NONE, answer = BUFFER_NONE;
    struct failure inner;
    enum err err;

    buffer_append_format(&request, PROOF_CONTROL_WORD " %.*s", TEXT_ARGS(submit->user->address));
    err = control_ask(submit->site->settings->run_directory, "milter", buffer_string(&request),
        CONTROL_TIMEOUT_MS, &answer, &inner);
    buffer_done(&request);
    buffer_done(&answer);
    return err == ERR_NONE
               ? err
               : failure_set(failure, err, "asking gatepost-milter for a proof: %s", inner.text);
}

/* Up to DATA; by then the milter must be in the session, or the message would be taken. */
static enum err send_envelope(
    const struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    struct text address = submit->user->address;
    uint64_t connections = 0;
    enum err err = announce(submit, failure);

    if (err == ERR_NONE)
        err = smtp_probe_say(smtp,
            arena_print(smtp->arena, "MAIL FROM:<%.*s>", TEXT_ARGS(address)).data, "2", failure);
    if (err == ERR_NONE)
        err = smtp_probe_say(smtp,
            arena_print(smtp->arena, "RCPT TO:<%.*s>", TEXT_ARGS(address)).data, "2", failure);
    if (err == ERR_NONE)
        err = postfix_submit_milter_connections(submit->site, &connections, failure);
    if (err == ERR_NONE && connections == 0)
        err = failure_set(failure, ERR_REFUSED, "gatepost-milter does not see the session");
    return err == ERR_NONE ? smtp_probe_say(smtp, "DATA", "3", failure) : err;
}

/* As Postfix makes them, short or long; never "ALL". */
static bool is_queue_id(struct text id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!text_is_alnum(id.data[i]))
            return false;
    return id.len > sizeof "ALL" - 1;
}

/* It should not be there at all; false where it is not there any more. The queue id is all that
 * Postfix says of a message that it took.
 */
static bool take_back(const struct submit *submit, struct text answer)
{
    struct arena *arena = submit->site->arena;
    struct text queued = TEXT(QUEUED);
    struct text id = text_trim(text_skip(answer, text_find_text(answer, queued) + queued.len));
    const char *const argv[] = {
        "postsuper", "-c", submit->instance->directory, "-d", arena_copy_string(arena, id), NULL};
    struct program_result result;

    return is_queue_id(id) &&
           program_run(argv, POSTFIX_TIMEOUT_MS, arena, &result, NULL) == ERR_NONE &&
           text_find_text(result.errors, TEXT("Deleted: 1 message")) < result.errors.len;
}

/* What the milter says of it stands in the answer, whatever else does. */
static enum err judge_answer(struct submit *submit, struct text answer, struct failure *failure)
{
    const struct text start = TEXT(PROOF_ANSWER_START);
    struct text words = text_skip(answer, text_find_text(answer, start) + start.len);

    words = text_trim(text_head(words, text_find(words, '\n')));
    if (words.len != 0) {
        submit->signature = words;
        return ERR_NONE;
    }
    if (answer.data[0] != '2')
        return failure_set(failure, ERR_REFUSED, "the end of a message: the answer was \"%.*s\"",
            TEXT_ARGS(text_trim(answer)));
    submit->is_final = true;
    return failure_set(failure, ERR_REFUSED,
        "gatepost-milter did not see a message, or not whose login it was, and Postfix took it "
        "(%s): \"%.*s\"",
        take_back(submit, answer)
            ? "it was deleted from the queue"
            : arena_print(submit->site->arena, "it has gone to %.*s, whose mail can be deleted",
                  TEXT_ARGS(submit->user->address))
                  .data,
        TEXT_ARGS(text_trim(answer)));
}

/* With what mail has to have (RFC 5322 §3.6), since other milters may look at it. */
static struct text compose(struct text address, struct arena *arena)
{
    time_t now = (time_t)clock_wall();
    struct tm parts;
    char date[64];

    if (gmtime_r(&now, &parts) == NULL ||
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts) == 0)
        date[0] = '\0';
    return arena_print(arena,
        "Date: %s\r\nFrom: <%.*s>\r\nTo: <%.*s>\r\nMessage-ID: <%.*s>\r\n"
        "Subject: proof of mailctl attach\r\n\r\n"
        "Sent by \"mailctl attach\" to see it signed; gatepost-milter refuses it.\r\n.\r\n",
        date, TEXT_ARGS(address), TEXT_ARGS(address), TEXT_ARGS(address));
}

static enum err send_message(
    struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    enum err err = send_envelope(submit, smtp, failure);

    if (err == ERR_NONE)
        err = smtp_probe_say_quietly(smtp, "the end of a message",
            compose(submit->user->address, smtp->arena), "245", failure);
    return err == ERR_NONE ? judge_answer(submit, smtp->answer, failure) : err;
}

/* --- in turn --- */

static enum err converse(struct submit *submit, struct smtp_probe *smtp, struct failure *failure)
{
    enum submission_depth depth = submit->submission->depth;
    enum err err = ERR_NONE;

    /* Without TLS one that is wrapped has nothing to say; that it let us in is all. */
    if (submit->submission->is_wrapped && depth < SUBMISSION_TLS)
        return ERR_NONE;
    err = open_session(submit, smtp, failure);
    if (err == ERR_NONE && depth >= SUBMISSION_LOGIN)
        err = log_in(submit, smtp, failure);
    if (err == ERR_NONE && depth >= SUBMISSION_MESSAGE)
        err = send_message(submit, smtp, failure);
    if (err == ERR_NONE)
        (void)smtp_probe_say(smtp, "QUIT", "2", NULL);
    return err;
}

enum err postfix_submit(struct submit *submit, struct failure *failure)
{
    struct smtp_probe smtp;
    enum err err = smtp_probe_connect(
        submit->submission->host, submit->submission->port, submit->site->arena, &smtp, failure);

    if (err != ERR_NONE)
        return err;
    err = converse(submit, &smtp, failure);
    smtp_probe_close(&smtp);
    return err;
}
