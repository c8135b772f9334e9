/* SPDX-License-Identifier: MIT */

/*
 * The bytes of a mail server on a milter connection, given to the conversation whole and in pieces
 * whose size the first byte says: both must say the same to the session and to the mail server,
 * and what is said to the mail server must be replies that are whole.
 */

#include <stdlib.h>

#include "lib/base/log.h"
#include "milter/conversation.h"
#include "tests/unit/milter/noting-session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *context)
{
    (void)context;
}

static struct roster roster = ROSTER_NONE;
static const struct conversation_terms terms = {.roster = &roster, .resume = ignore};

/* Takes what is there, as a link does. False: it ends. */
static bool take(
    struct conversation *conversation, struct buffer *held, struct buffer *out, struct buffer *said)
{
    enum conversation_next next = CONVERSATION_WRITES;

    while (next == CONVERSATION_WRITES || next == CONVERSATION_PARKS) {
        struct text input = buffer_text(held);

        next = conversation_take(conversation, &input, out);
        buffer_consume(held, held->len - input.len);
        while (next == CONVERSATION_PARKS && conversation_resume(conversation, out) == next)
            ;
        buffer_append_text(said, buffer_text(out));
        buffer_clear(out);
        conversation_written(conversation, true);
    }
    return next != CONVERSATION_ENDS;
}

static void run(struct text bytes, size_t piece, struct buffer *said)
{
    struct conversation conversation;
    struct buffer held = BUFFER_NONE, out = BUFFER_NONE;

    buffer_clear(&noting_session_notes);
    if (!conversation_init(&conversation, &terms, NULL))
        abort();
    while (bytes.len != 0) {
        buffer_append_text(&held, text_head(bytes, piece));
        bytes = text_skip(bytes, piece);
        if (!take(&conversation, &held, &out, said))
            break;
    }
    if (held.len >= PROTOCOL_HEAD_LEN + PROTOCOL_DATA_MAX && bytes.len == 0 && piece == 1)
        abort();
    conversation_done(&conversation);
    buffer_done(&held);
    buffer_done(&out);
    if (noting_session_count != 0 || noting_session_connections != 0 || roster.in_message != 0)
        abort();
}

/* Our replies are of the form of commands. */
static void check_said(struct text said)
{
    struct protocol_command reply;
    struct failure failure;

    while (said.len != 0)
        if (protocol_command_take(&said, &reply, &failure) != ERR_NONE ||
            reply.data.len > PROTOCOL_REPLY_DATA_MAX)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_from_bytes((const char *)data, size);
    struct buffer whole = BUFFER_NONE, pieces = BUFFER_NONE, notes = BUFFER_NONE;

    if (size < 2)
        return 0;
    if (roster.max == 0)
        log_open("fuzz", LOG_TO_NOWHERE);
    roster.max = 1;
    bytes = text_skip(bytes, 1);
    run(bytes, bytes.len, &whole);
    buffer_append_text(&notes, buffer_text(&noting_session_notes));
    run(bytes, 1 + data[0] % 64, &pieces);
    if (!text_equals(buffer_text(&whole), buffer_text(&pieces)) ||
        !text_equals(buffer_text(&notes), buffer_text(&noting_session_notes)))
        abort();
    check_said(buffer_text(&whole));
    buffer_done(&whole);
    buffer_done(&pieces);
    buffer_done(&notes);
    return 0;
}
