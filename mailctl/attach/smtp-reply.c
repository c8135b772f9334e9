/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/smtp-reply.h"

#define CODE_DIGITS 3
#define CODE_MIN 200 /* RFC 5321 §4.2.1: the first digit is 2 to 5 */
#define CODE_MAX 599
#define SHOWN_MAX 80 /* so much of what is no reply is quoted */

/* "250-text", "250 text", or "250" alone, which clients must take (RFC 5321 §4.2). */
static bool read_line(struct smtp_reply *reply, struct text line)
{
    uint64_t code;

    if (line.len != 0 && line.data[line.len - 1] == '\r')
        line = text_head(line, line.len - 1);
    if (line.len < CODE_DIGITS || !text_to_number(text_head(line, CODE_DIGITS), CODE_MAX, &code) ||
        code < CODE_MIN)
        return false;
    if (line.len > CODE_DIGITS && line.data[CODE_DIGITS] != ' ' && line.data[CODE_DIGITS] != '-')
        return false;
    reply->code = (unsigned)code;
    reply->is_whole = line.len == CODE_DIGITS || line.data[CODE_DIGITS] == ' ';
    return true;
}

enum err smtp_reply_read(struct smtp_reply *reply, struct text bytes, struct failure *failure)
{
    while (!reply->is_whole) {
        struct text rest = text_skip(bytes, reply->len);
        size_t end = text_find(rest, '\n');

        if (end > SMTP_REPLY_LINE_MAX)
            return failure_set(failure, ERR_LIMIT, "a line without end");
        if (end == rest.len)
            return ERR_NONE;
        if (++reply->line_count > SMTP_REPLY_LINES_MAX)
            return failure_set(failure, ERR_LIMIT, "an answer without end");
        if (!read_line(reply, text_head(rest, end)))
            return failure_set(failure, ERR_SYNTAX, "\"%.*s\" is no reply",
                TEXT_ARGS(text_head(text_trim(text_head(rest, end)), SHOWN_MAX)));
        reply->len += end + 1;
    }
    return ERR_NONE;
}
