/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One connection of the mail server as a conversation: its bytes go in, the session is driven, and
 * what is to be answered comes out. It knows the order in which commands may come, and no socket.
 *
 *   negotiation  the offer is answered with what we want (negotiation.h)
 *   connect      the client; a connection that is one too many is told so here, with 451
 *   mail         a message begins, or not, where the transport drains
 *   ...          recipients, header, body: in this order, and only within a message
 *   end          the session's reply, at once or after CONVERSATION_PARKS
 *   abort, quit  at any time; after SMFIC_QUIT_NC the next client comes on the same connection
 *
 * Whatever breaks these rules ends the connection with a line in the log. One thread at a time,
 * but for the resume callback, which is the session's.
 */

#include "milter/macros.h"
#include "milter/protocol-reply.h"
#include "milter/roster.h"
#include "milter/session.h"

/* Where the answers to commands that were sent without waiting for any are to be written first. */
#define CONVERSATION_OUT_MAX ((size_t)64 * 1024)

struct conversation_terms {
    struct roster *roster;
    const struct session_source *source;
    bool is_unix;
    session_resume_fn *resume;
};

enum conversation_stage {
    CONVERSATION_OPENING,   /* no word yet */
    CONVERSATION_CLIENT,    /* negotiated */
    CONVERSATION_CONNECTED, /* between messages */
    CONVERSATION_ENVELOPE,  /* MAIL was accepted */
    CONVERSATION_DATA,
    CONVERSATION_HEADER,
    CONVERSATION_BODY
};

struct conversation {
    struct roster_entry entry;
    const struct conversation_terms *terms;
    struct session *session;
    enum conversation_stage stage;
    struct protocol_offer agreed; /* as negotiated */
    bool is_refused;              /* one too many, or we are going */
    bool is_parked;               /* at its end, a message waits for answers */
    bool is_answered;             /* and the answer is not known to be written */
    size_t body_left;             /* bytes of a piece of the body that have not come yet */
    struct macros macros;
};

enum conversation_next {
    CONVERSATION_READS,  /* more bytes are needed */
    CONVERSATION_WRITES, /* CONVERSATION_OUT_MAX; call again when that is written */
    CONVERSATION_PARKS,  /* call conversation_resume() once resumed; nothing else until then */
    CONVERSATION_ENDS    /* write what there is, and close */
};

/* False: the end has come, nothing is to be done for this one. terms stay the caller's. */
bool conversation_init(
    struct conversation *conversation, const struct conversation_terms *terms, void *context);
/* Aborts the message, if there is one. */
void conversation_done(struct conversation *conversation);

/* Takes whole commands off *input and appends to out. */
enum conversation_next conversation_take(
    struct conversation *conversation, struct text *input, struct buffer *out);
/* CONVERSATION_READS: take what has come meanwhile. */
enum conversation_next conversation_resume(struct conversation *conversation, struct buffer *out);
/* What was put out is written, or a part of it is still waiting. */
void conversation_written(struct conversation *conversation, bool is_all);
/* At the end of all: who waits for a verdict gets a temporary failure. */
void conversation_dismiss(struct conversation *conversation, struct buffer *out);
