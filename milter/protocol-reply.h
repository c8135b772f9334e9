/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The milter protocol as we speak it: what is answered, as bytes behind those in a buffer. No I/O,
 * no state. Any thread.
 */

#include "lib/base/buffer.h"
#include "milter/protocol.h"
#include "milter/reply.h"

/* Data of one reply: what mail servers take. */
#define PROTOCOL_REPLY_DATA_MAX 65535
/* All replies to one message: the changes are as many as the fields that were looked at. */
#define PROTOCOL_REPLIES_MAX ((size_t)4 * 1024 * 1024)

/* One byte, SMFIR_CONTINUE say, and nothing with it. */
void protocol_write_word(struct buffer *out, char word);
/* A list of macro names, parted by blanks, for a stage (SMFIM_*). */
struct protocol_macro_list {
    uint32_t stage;
    const char *names;
};
/* Our side of the negotiation; lists go with it where SMFIF_SETSYMLIST is among the actions. */
void protocol_write_offer(struct buffer *out, const struct protocol_offer *offer,
    const struct protocol_macro_list *lists, size_t count);
/* What is said to the client; a mail server takes it for a format, so that % becomes %%. */
void protocol_append_words(struct buffer *out, const char *words);
/* "451 4.3.2 words". */
void protocol_write_code(
    struct buffer *out, const char *code, const char *enhanced, const char *words);
/*
 * The changes, then the verdict. False, and nothing is written, where a change is longer than mail
 * servers take, or none of the actions agreed upon. With SMFIP_HDR_LEADSPC among the steps a value
 * keeps the blank behind the colon.
 */
bool protocol_write_reply(
    struct buffer *out, const struct reply *reply, const struct protocol_offer *agreed);
