/* SPDX-License-Identifier: MIT */
#include "mailctl/check/call-talk.h"

#include "mailctl/check/call-certificate.h"
#include "mailctl/finding.h"

static struct text kept(struct text reply, struct arena *arena)
{
    return finding_safe(text_head(text_trim(reply), CALL_REPLY_MAX), arena);
}

static struct text failed(const struct failure *failure, struct arena *arena)
{
    return kept(text_from_string(failure->text), arena);
}

/* --- a server of ours ----------------------------------------------------- */

static enum err ask_for_tls(
    struct smtp_probe *probe, const struct call_speech *speech, struct failure *failure)
{
    enum err err = smtp_probe_send(probe, text_from_string(speech->ask), failure);

    if (err == ERR_NONE)
        err = smtp_probe_read_until(probe, TEXT("\n"), failure);
    if (err == ERR_NONE &&
        text_find_text(probe->answer, text_from_string(speech->yes)) == probe->answer.len)
        return failure_set(
            failure, ERR_REFUSED, "the answer was \"%.*s\"", TEXT_ARGS(text_trim(probe->answer)));
    return err;
}

static enum err ask_smtp_for_tls(struct smtp_probe *probe, struct failure *failure)
{
    enum err err = smtp_probe_say(probe, "EHLO localhost", "2", failure);

    if (err == ERR_NONE && !smtp_probe_offers(probe, TEXT("STARTTLS"), TEXT("")))
        return failure_set(failure, ERR_REFUSED, "it offers no STARTTLS");
    return err == ERR_NONE ? smtp_probe_say(probe, "STARTTLS", "2", failure) : err;
}

static enum err greet(
    struct smtp_probe *probe, const struct call_speech *speech, struct failure *failure)
{
    if (speech->ask == NULL)
        return smtp_probe_say(probe, NULL, "2", failure);
    return smtp_probe_read_until(probe, text_from_string(speech->greeting), failure);
}

void call_talk_server(struct smtp_probe *probe, const struct call_speech *speech, struct text name,
    struct call_server *facts)
{
    struct failure failure = {.text = ""};
    enum err err = ERR_NONE;

    if (speech->greeting != NULL) {
        err = greet(probe, speech, &failure);
        facts->is_dumb = err != ERR_NONE;
        if (err == ERR_NONE)
            err = speech->ask == NULL ? ask_smtp_for_tls(probe, &failure)
                                      : ask_for_tls(probe, speech, &failure);
    }
    if (err == ERR_NONE)
        err = smtp_probe_start_tls(probe, name.data, &failure);
    facts->has_tls = err == ERR_NONE;
    if (err == ERR_NONE)
        call_certificate_read(probe->tls, name, probe->arena, &facts->certificate);
    else
        facts->problem = failed(&failure, probe->arena);
}

/* --- relaying ------------------------------------------------------------- */

void call_talk_relay(
    struct smtp_probe *probe, struct text helo, struct text recipient, struct call_relay *facts)
{
    struct arena *arena = probe->arena;
    const char *ehlo = arena_print(arena, "EHLO %.*s", TEXT_ARGS(helo)).data;
    const char *rcpt = arena_print(arena, "RCPT TO:<%.*s>", TEXT_ARGS(recipient)).data;
    struct failure failure = {.text = ""};
    enum err err = smtp_probe_say(probe, NULL, "2", &failure);

    if (err == ERR_NONE)
        err = smtp_probe_say(probe, ehlo, "2", &failure);
    if (err == ERR_NONE)
        err = smtp_probe_say(probe, "MAIL FROM:<>", "2", &failure);
    if (err == ERR_NONE)
        err = smtp_probe_say(probe, rcpt, "245", &failure);
    facts->has_reply = err == ERR_NONE;
    facts->code = err == ERR_NONE ? probe->code : 0;
    facts->reply = err == ERR_NONE ? kept(probe->answer, arena) : failed(&failure, arena);
    if (err == ERR_NONE && smtp_probe_say(probe, "RSET", "2", NULL) == ERR_NONE)
        (void)smtp_probe_say(probe, "QUIT", "2", NULL);
}

/* --- a server of others --------------------------------------------------- */

void call_talk_outside(struct smtp_probe *probe, struct call_outside *facts)
{
    struct failure failure = {.text = ""};

    facts->is_welcome = smtp_probe_say(probe, NULL, "2", &failure) == ERR_NONE;
    facts->reply =
        facts->is_welcome ? kept(probe->answer, probe->arena) : failed(&failure, probe->arena);
    if (facts->is_welcome)
        (void)smtp_probe_say(probe, "QUIT", "2", NULL);
}
