/* SPDX-License-Identifier: MIT */
#include "milter/conversation.h"

#include <string.h>

#include "lib/base/log.h"
#include "milter/negotiation.h"
#include "milter/stats.h"

#define REFUSAL_CODE "451"
#define REFUSAL_ENHANCED "4.3.2"

/* What a command's handler makes of its data. ERR_NONE: the conversation goes on. */
typedef enum err command_fn(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure);

bool conversation_init(
    struct conversation *conversation, const struct conversation_terms *terms, void *context)
{
    enum roster_admission admission;

    memset(conversation, 0, sizeof *conversation);
    conversation->terms = terms;
    admission = roster_admit(terms->roster, &conversation->entry);
    if (admission == ROSTER_CLOSED)
        return false;
    conversation->is_refused = admission == ROSTER_REFUSED;
    conversation->session = session_new(terms->source, terms->resume, context);
    stats_count_connections(1);
    return true;
}

void conversation_done(struct conversation *conversation)
{
    session_free(&conversation->session);
    macros_forget(&conversation->macros, 0, MACRO_COUNT - 1);
    roster_remove(conversation->terms->roster, &conversation->entry);
    stats_count_connections(-1);
}

/* --- replies --- */

/* Where the mail server waits for an answer, it may go on. */
static void go_on(
    const struct conversation *conversation, uint32_t no_reply_bit, struct buffer *out)
{
    if ((conversation->agreed.steps & no_reply_bit) == 0)
        protocol_write_word(out, SMFIR_CONTINUE);
}

static void refuse(const char *what, struct buffer *out)
{
    log_warning(NULL, "%s refused: stopping, or milter.max_connections are open", what);
    protocol_write_code(
        out, REFUSAL_CODE, REFUSAL_ENHANCED, "mail filter is busy or restarting, try again later");
}

/* A server that was told not to wait for an answer learns it with its first message. */
static void refuse_client(const struct conversation *conversation, struct buffer *out)
{
    if ((conversation->agreed.steps & SMFIP_NR_CONN) == 0)
        refuse("connection", out);
}

static void forget_message(struct conversation *conversation)
{
    macros_forget(&conversation->macros, MACRO_LOGIN, MACRO_QUEUE_ID);
    conversation->is_parked = false;
    if (conversation->stage > CONVERSATION_CONNECTED)
        conversation->stage = CONVERSATION_CONNECTED;
}

/* The message is over without an answer. */
static void abandon_message(struct conversation *conversation)
{
    session_abort(conversation->session);
    forget_message(conversation);
    if (conversation->entry.state == ROSTER_IN_MESSAGE && !conversation->is_answered)
        roster_set_state(conversation->terms->roster, &conversation->entry, ROSTER_IDLE);
}

/* A message whose changes cannot all be made does not go on: it would be unsigned, or forged. */
static void answer_message(
    struct conversation *conversation, const struct reply *reply, struct buffer *out)
{
    if (!protocol_write_reply(out, reply, &conversation->agreed)) {
        log_error(NULL, "the mail server does not take all the changes to a message");
        protocol_write_word(out, SMFIR_TEMPFAIL);
    }
    session_abort(conversation->session); /* gives back what the reply lived in */
    conversation->is_answered = true;
    forget_message(conversation);
}

/* --- commands --- */

static enum err on_offer(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    struct protocol_offer offer;
    enum err err = protocol_offer_read(data, &offer, failure);

    if (err != ERR_NONE)
        return err;
    if ((offer.actions & NEGOTIATION_ACTIONS_NEEDED) != NEGOTIATION_ACTIONS_NEEDED)
        return failure_set(
            failure, ERR_UNSUPPORTED, "the mail server does not let milters change header fields");
    if (offer.version > PROTOCOL_VERSION_MAX)
        offer.version = PROTOCOL_VERSION_MAX;
    offer.actions &= NEGOTIATION_ACTIONS_WANTED;
    offer.steps = (uint32_t)negotiation_steps(
        offer.steps, conversation->terms->is_unix, conversation->is_refused);
    conversation->agreed = offer;
    conversation->stage = CONVERSATION_CLIENT;
    protocol_write_offer(out, &offer, negotiation_macros, NEGOTIATION_MACRO_LISTS);
    return ERR_NONE;
}

static enum err on_macros(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    (void)out;
    return macros_tell(&conversation->macros, data, failure);
}

static bool has_address(const struct protocol_client *told)
{
    return told->family == SMFIA_INET || told->family == SMFIA_INET6;
}

/* The address as it was told; sendmail writes "IPv6:" before one of that kind. */
static struct ip told_ip(const struct protocol_client *told)
{
    static const struct text prefix = {"IPv6:", 5};
    struct ip ip = {.family = IP_NONE};
    struct text address = told->address;

    if (text_starts_with_nocase(address, prefix))
        address = text_skip(address, prefix.len);
    if (has_address(told))
        (void)!ip_parse(address, &ip);
    return ip;
}

static enum err on_connect(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    const struct macros *macros = &conversation->macros;
    struct session_client client = {.is_local = false};
    struct protocol_client told;
    enum err err = protocol_client_read(data, &told, failure);

    if (err != ERR_NONE)
        return err;
    conversation->stage = CONVERSATION_CONNECTED;
    if (conversation->is_refused) {
        refuse_client(conversation, out);
        return ERR_NONE;
    }
    client.ip = told_ip(&told);
    if (client.ip.family == IP_NONE)
        (void)!ip_parse(macros_value(macros, MACRO_CLIENT_ADDR), &client.ip);
    /* Mail of sendmail(1) and Postfix's own bounces: a client on loopback without a port. */
    client.is_local = has_address(&told) && ip_is_loopback(&client.ip) && told.port == 0;
    client.name = macros_value(macros, MACRO_CLIENT_NAME);
    client.name_known = client.name.data != NULL;
    client.ptr = macros_value(macros, MACRO_CLIENT_PTR);
    client.ptr_known = client.ptr.data != NULL;
    client.daemon_name = macros_value(macros, MACRO_DAEMON_NAME);
    session_connect(conversation->session, &client);
    macros_forget(&conversation->macros, MACRO_CLIENT_ADDR, MACRO_DAEMON_NAME);
    go_on(conversation, SMFIP_NR_CONN, out);
    return ERR_NONE;
}

/* Within a message too: whether that ends it, an abort or what follows will say. */
static enum err on_helo(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    struct text name;
    enum err err = protocol_string_read(data, &name, failure);

    if (err != ERR_NONE)
        return err;
    session_helo(conversation->session, name);
    go_on(conversation, SMFIP_NR_HELO, out);
    return ERR_NONE;
}

/* The only command before the end of a message that the server waits for: here we can say no. */
static enum err on_mail(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    struct session_sender sender = {TEXT_NONE, TEXT_NONE};
    enum err err = protocol_string_read(data, &sender.address, failure);

    if (err != ERR_NONE)
        return err;
    if (conversation->stage > CONVERSATION_CONNECTED)
        session_abort(conversation->session);
    conversation->stage = CONVERSATION_CONNECTED;
    if (conversation->is_refused ||
        !roster_begin_message(conversation->terms->roster, &conversation->entry)) {
        conversation->is_refused = true;
        abandon_message(conversation);
        refuse("message", out);
        return ERR_NONE;
    }
    conversation->is_answered = false;
    conversation->stage = CONVERSATION_ENVELOPE;
    sender.login = macros_value(&conversation->macros, MACRO_LOGIN);
    session_mail(conversation->session, &sender);
    macros_forget(&conversation->macros, MACRO_LOGIN, MACRO_LOGIN);
    protocol_write_word(out, SMFIR_CONTINUE);
    return ERR_NONE;
}

static enum err on_rcpt(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    struct text recipient;
    enum err err = protocol_string_read(data, &recipient, failure);

    if (err != ERR_NONE)
        return err;
    session_rcpt(conversation->session, recipient);
    go_on(conversation, SMFIP_NR_RCPT, out);
    return ERR_NONE;
}

/* Another filter may refuse it: then the client may name more recipients, and try again. */
static enum err on_data(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    (void)data, (void)failure;
    conversation->stage = CONVERSATION_DATA;
    go_on(conversation, SMFIP_NR_DATA, out);
    return ERR_NONE;
}

/* The value is given the blank behind the colon, which an old mail server leaves out. */
static void take_field(struct conversation *conversation, struct text name, struct text value)
{
    struct buffer whole = BUFFER_NONE;

    buffer_append_byte(&whole, ' ');
    buffer_append_text(&whole, value);
    session_header(conversation->session, name, buffer_text(&whole));
    buffer_done(&whole);
}

static enum err on_header(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    struct text name, value;
    enum err err = protocol_header_read(data, &name, &value, failure);

    if (err != ERR_NONE)
        return err;
    conversation->stage = CONVERSATION_HEADER;
    if ((conversation->agreed.steps & SMFIP_HDR_LEADSPC) != 0)
        session_header(conversation->session, name, value);
    else
        take_field(conversation, name, value);
    go_on(conversation, SMFIP_NR_HDR, out);
    return ERR_NONE;
}

static enum err on_end_header(struct conversation *conversation, struct text data,
    struct buffer *out, struct failure *failure)
{
    (void)data, (void)failure;
    conversation->stage = CONVERSATION_BODY;
    session_end_header(conversation->session);
    go_on(conversation, SMFIP_NR_EOH, out);
    return ERR_NONE;
}

static enum err on_body(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    (void)failure;
    conversation->stage = CONVERSATION_BODY;
    session_body(conversation->session, data);
    go_on(conversation, SMFIP_NR_BODY, out);
    return ERR_NONE;
}

/* The last piece of the body may come with it. */
static enum err on_end_message(struct conversation *conversation, struct text data,
    struct buffer *out, struct failure *failure)
{
    const struct reply *reply = NULL;

    (void)failure;
    if (data.len != 0)
        session_body(conversation->session, data);
    conversation->stage = CONVERSATION_BODY;
    conversation->is_parked =
        session_end_message(conversation->session,
            macros_value(&conversation->macros, MACRO_QUEUE_ID), &reply) == SESSION_LATER;
    if (!conversation->is_parked)
        answer_message(conversation, reply, out);
    return ERR_NONE;
}

static enum err on_abort(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    (void)data, (void)out, (void)failure;
    abandon_message(conversation);
    return ERR_NONE;
}

static enum err on_unknown(struct conversation *conversation, struct text data, struct buffer *out,
    struct failure *failure)
{
    (void)data, (void)failure;
    go_on(conversation, SMFIP_NR_UNKN, out);
    return ERR_NONE;
}

/* The next client may be told without a negotiation, or with one. */
static enum err on_quit_next(struct conversation *conversation, struct text data,
    struct buffer *out, struct failure *failure)
{
    (void)data, (void)out, (void)failure;
    abandon_message(conversation);
    macros_forget(&conversation->macros, 0, MACRO_COUNT - 1);
    conversation->stage = CONVERSATION_CLIENT;
    return ERR_NONE;
}

/* --- the order --- */

/* The handler of a command, and the stages at which it may come. */
static const struct rule {
    char name;
    enum conversation_stage first, last;
    command_fn *take;
} rules[] = {
    {SMFIC_OPTNEG,  CONVERSATION_OPENING,   CONVERSATION_CLIENT, on_offer      },
    {SMFIC_MACRO,   CONVERSATION_CLIENT,    CONVERSATION_BODY,   on_macros     },
    {SMFIC_CONNECT, CONVERSATION_CLIENT,    CONVERSATION_CLIENT, on_connect    },
    {SMFIC_HELO,    CONVERSATION_CONNECTED, CONVERSATION_BODY,   on_helo       },
    {SMFIC_MAIL,    CONVERSATION_CONNECTED, CONVERSATION_BODY,   on_mail       },
    {SMFIC_RCPT,    CONVERSATION_ENVELOPE,  CONVERSATION_DATA,   on_rcpt       },
    {SMFIC_DATA,    CONVERSATION_ENVELOPE,  CONVERSATION_DATA,   on_data       },
    {SMFIC_HEADER,  CONVERSATION_ENVELOPE,  CONVERSATION_HEADER, on_header     },
    {SMFIC_EOH,     CONVERSATION_ENVELOPE,  CONVERSATION_HEADER, on_end_header },
    {SMFIC_BODY,    CONVERSATION_ENVELOPE,  CONVERSATION_BODY,   on_body       },
    {SMFIC_BODYEOB, CONVERSATION_ENVELOPE,  CONVERSATION_BODY,   on_end_message},
    {SMFIC_ABORT,   CONVERSATION_CLIENT,    CONVERSATION_BODY,   on_abort      },
    {SMFIC_UNKNOWN, CONVERSATION_CLIENT,    CONVERSATION_BODY,   on_unknown    },
    {SMFIC_QUIT_NC, CONVERSATION_CLIENT,    CONVERSATION_BODY,   on_quit_next  },
};

static const struct rule *find_rule(char name)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].name == name)
            return &rules[i];
    return NULL;
}

static enum err obey(struct conversation *conversation, const struct protocol_command *command,
    struct buffer *out, struct failure *failure)
{
    const struct rule *rule = find_rule(command->name);

    if (rule == NULL)
        return failure_set(failure, ERR_SYNTAX, "a command that nobody knows (byte 0x%02x)",
            (unsigned char)command->name);
    if (conversation->stage < rule->first || conversation->stage > rule->last)
        return failure_set(failure, ERR_SYNTAX, "command %c out of order", command->name);
    return rule->take(conversation, command->data, out, failure);
}

/*
 * A piece of the body goes on as it comes, so that nobody must keep it until it is whole. True
 * where some of it was taken.
 */
static bool stream_body(struct conversation *conversation, struct text *input, struct buffer *out)
{
    struct text piece;
    char name;

    if (conversation->body_left == 0) {
        if (!protocol_command_begins(*input, &name, &conversation->body_left))
            return false;
        if (name != SMFIC_BODY || conversation->stage < CONVERSATION_ENVELOPE) {
            conversation->body_left = 0;
            return false;
        }
        conversation->stage = CONVERSATION_BODY;
        *input = text_skip(*input, PROTOCOL_HEAD_LEN);
    }
    piece = text_head(*input, conversation->body_left);
    if (piece.len == 0)
        return false;
    session_body(conversation->session, piece);
    *input = text_skip(*input, piece.len);
    conversation->body_left -= piece.len;
    if (conversation->body_left == 0)
        go_on(conversation, SMFIP_NR_BODY, out);
    return true;
}

enum conversation_next conversation_take(
    struct conversation *conversation, struct text *input, struct buffer *out)
{
    struct protocol_command command;
    struct failure failure;
    enum err err;

    while (!conversation->is_parked) {
        if (out->len >= CONVERSATION_OUT_MAX)
            return CONVERSATION_WRITES;
        if (stream_body(conversation, input, out))
            continue;
        err = protocol_command_take(input, &command, &failure);
        if (err == ERR_ABSENT)
            return CONVERSATION_READS;
        if (err == ERR_NONE) {
            if (command.name == SMFIC_QUIT)
                return CONVERSATION_ENDS;
            err = obey(conversation, &command, out, &failure);
        }
        if (err != ERR_NONE) {
            log_warning(NULL, "connection of the mail server ended: %s", failure.text);
            return CONVERSATION_ENDS;
        }
    }
    return CONVERSATION_PARKS;
}

enum conversation_next conversation_resume(struct conversation *conversation, struct buffer *out)
{
    const struct reply *reply = NULL;

    if (!conversation->is_parked)
        return CONVERSATION_READS;
    if (session_resume(conversation->session, &reply) == SESSION_LATER)
        return CONVERSATION_PARKS;
    answer_message(conversation, reply, out);
    return CONVERSATION_READS;
}

void conversation_written(struct conversation *conversation, bool is_all)
{
    if (!conversation->is_answered)
        return;
    roster_set_state(
        conversation->terms->roster, &conversation->entry, is_all ? ROSTER_IDLE : ROSTER_ANSWERED);
    conversation->is_answered = !is_all;
}

void conversation_dismiss(struct conversation *conversation, struct buffer *out)
{
    if (!conversation->is_parked)
        return;
    session_dismiss(conversation->session, macros_value(&conversation->macros, MACRO_QUEUE_ID));
    abandon_message(conversation);
    protocol_write_word(out, SMFIR_TEMPFAIL);
}
