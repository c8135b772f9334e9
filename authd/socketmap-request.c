/* SPDX-License-Identifier: MIT */
#include "authd/socketmap-request.h"

static enum socketmap_parse bad(const char *problem, const char **problem_r)
{
    *problem_r = problem;
    return SOCKETMAP_BAD;
}

/* The digits and the colon. */
static enum socketmap_parse parse_length(
    struct text input, size_t *len_r, size_t *taken_r, const char **problem_r)
{
    size_t digits = 0;
    uint64_t len;

    while (
        digits < input.len && digits <= SOCKETMAP_DIGITS_MAX && text_is_digit(input.data[digits]))
        digits++;
    if (digits > SOCKETMAP_DIGITS_MAX)
        return bad("the length has too many digits", problem_r);
    if (digits == input.len)
        return SOCKETMAP_PART;
    if (digits == 0 || input.data[digits] != ':' || (digits > 1 && input.data[0] == '0'))
        return bad("it does not begin with a length", problem_r);
    if (!text_to_number(text_head(input, digits), SOCKETMAP_CONTENT_MAX, &len))
        return bad("it is too long", problem_r);
    *len_r = (size_t)len;
    *taken_r = digits + 1;
    return SOCKETMAP_WHOLE;
}

enum socketmap_parse socketmap_request_parse(
    struct text input, struct socketmap_request *request_r, size_t *taken_r, const char **problem_r)
{
    size_t len, head, space;
    struct text content;
    enum socketmap_parse parse = parse_length(input, &len, &head, problem_r);

    if (parse != SOCKETMAP_WHOLE)
        return parse;
    if (input.len < head + len + 1)
        return SOCKETMAP_PART;
    if (input.data[head + len] != ',')
        return bad("it does not end in a comma", problem_r);
    content = text_head(text_skip(input, head), len);
    space = text_find(content, ' ');
    if (space == 0 || space == content.len)
        return bad("it is not a table's name, a blank and a key", problem_r);
    request_r->table = text_head(content, space);
    request_r->key = text_skip(content, space + 1);
    *taken_r = head + len + 1;
    return SOCKETMAP_WHOLE;
}

void socketmap_reply_append(struct buffer *out, const char *word, struct text text)
{
    buffer_append_format(out, "%zu:%s ", strlen(word) + 1 + text.len, word);
    buffer_append_text(out, text);
    buffer_append_byte(out, ',');
}
