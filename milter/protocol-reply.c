/* SPDX-License-Identifier: MIT */
#include "milter/protocol-reply.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

static void write_number(struct buffer *out, uint32_t number)
{
    number = htonl(number);
    buffer_append(out, &number, sizeof number);
}

/* Begins a reply whose length is not known yet; returns where it begins. */
static size_t begin(struct buffer *out, char word)
{
    size_t start = out->len;

    write_number(out, 0);
    buffer_append_byte(out, word);
    return start;
}

static void end(struct buffer *out, size_t start)
{
    uint32_t len = htonl((uint32_t)(out->len - start - MILTER_LEN_BYTES));

    memcpy(out->data + start, &len, sizeof len);
}

static void write_string(struct buffer *out, const char *string)
{
    buffer_append(out, string, strlen(string) + 1);
}

void protocol_write_word(struct buffer *out, char word)
{
    end(out, begin(out, word));
}

void protocol_write_offer(struct buffer *out, const struct protocol_offer *offer,
    const struct protocol_macro_list *lists, size_t count)
{
    size_t start = begin(out, SMFIC_OPTNEG);

    write_number(out, offer->version);
    write_number(out, offer->actions);
    write_number(out, offer->steps);
    for (size_t i = 0; (offer->actions & SMFIF_SETSYMLIST) != 0 && i < count; i++) {
        write_number(out, lists[i].stage);
        write_string(out, lists[i].names);
    }
    end(out, start);
}

void protocol_append_words(struct buffer *out, const char *words)
{
    for (; *words != '\0'; words++) {
        buffer_append_byte(out, *words);
        if (*words == '%')
            buffer_append_byte(out, '%');
    }
}

void protocol_write_code(
    struct buffer *out, const char *code, const char *enhanced, const char *words)
{
    size_t start = begin(out, SMFIR_REPLYCODE);

    buffer_append_string(out, code);
    buffer_append_byte(out, ' ');
    buffer_append_string(out, enhanced);
    buffer_append_byte(out, ' ');
    protocol_append_words(out, words);
    buffer_append_byte(out, '\0');
    end(out, start);
}

static void write_header(struct buffer *out, const struct reply_change *change, uint32_t steps)
{
    const char *value = change->value != NULL ? change->value : "";

    if ((steps & SMFIP_HDR_LEADSPC) == 0 && value[0] == ' ')
        value++;
    write_string(out, change->name);
    write_string(out, value);
}

/* The words for the changes, and what must be agreed upon before they are said. */
static const struct {
    char word;
    uint32_t action;
} kinds[] = {
    [REPLY_INSERT_HEADER] = {SMFIR_INSHEADER,  SMFIF_ADDHDRS   },
    [REPLY_ADD_HEADER] = {SMFIR_ADDHEADER,  SMFIF_ADDHDRS   },
    [REPLY_CHANGE_HEADER] = {SMFIR_CHGHEADER,  SMFIF_CHGHDRS   },
    [REPLY_REMOVE_HEADER] = {SMFIR_CHGHEADER,  SMFIF_CHGHDRS   },
    [REPLY_CHANGE_SENDER] = {SMFIR_CHGFROM,    SMFIF_CHGFROM   },
    [REPLY_QUARANTINE] = {SMFIR_QUARANTINE, SMFIF_QUARANTINE},
};

/* False: not agreed upon, or longer than mail servers take. */
static bool write_change(
    struct buffer *out, const struct reply_change *change, const struct protocol_offer *agreed)
{
    size_t start = begin(out, kinds[change->kind].word);

    switch (change->kind) {
    case REPLY_INSERT_HEADER:
    case REPLY_CHANGE_HEADER:
    case REPLY_REMOVE_HEADER:
        write_number(out, change->index);
        write_header(out, change, agreed->steps);
        break;
    case REPLY_ADD_HEADER:
        write_header(out, change, agreed->steps);
        break;
    /* Without arguments: those of MAIL FROM that concern bounces stay with the mail server. */
    case REPLY_CHANGE_SENDER:
    case REPLY_QUARANTINE:
        write_string(out, change->value);
        break;
    }
    end(out, start);
    return (agreed->actions & kinds[change->kind].action) != 0 &&
           out->len - start - PROTOCOL_HEAD_LEN <= PROTOCOL_REPLY_DATA_MAX;
}

static void write_verdict(struct buffer *out, const struct reply *reply)
{
    static const char words[] = {
        [REPLY_CONTINUE] = SMFIR_CONTINUE,
        [REPLY_REJECT] = SMFIR_REJECT,
        [REPLY_TEMPFAIL] = SMFIR_TEMPFAIL,
        [REPLY_DISCARD] = SMFIR_DISCARD,
    };

    if (reply->code != NULL)
        protocol_write_code(out, reply->code, reply->enhanced, reply->text);
    else
        protocol_write_word(out, words[reply->verdict]);
}

bool protocol_write_reply(
    struct buffer *out, const struct reply *reply, const struct protocol_offer *agreed)
{
    const size_t start = out->len;

    for (size_t i = 0; i < reply->change_count; i++)
        if (!write_change(out, &reply->changes[i], agreed) ||
            out->len - start > PROTOCOL_REPLIES_MAX) {
            out->len = start;
            return false;
        }
    write_verdict(out, reply);
    return true;
}
