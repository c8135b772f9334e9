/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/authres-scan.h"

#define COMMENT_DEPTH_MAX 16

/* A quoted pair, or one byte, of what is left. */
static struct text skip_escaped(struct text rest)
{
    return text_skip(rest, rest.data[0] == '\\' ? 2 : 1);
}

/* comment, nested ones too. *rest begins with "(". False where it does not end. */
static bool skip_comment(struct text *rest)
{
    size_t depth = 0;

    while (rest->len != 0) {
        if (rest->data[0] == '(' && ++depth > COMMENT_DEPTH_MAX)
            return false;
        if (rest->data[0] == ')' && --depth == 0) {
            *rest = text_skip(*rest, 1);
            return true;
        }
        *rest = skip_escaped(*rest);
    }
    return false;
}

/* CFWS: blanks, folding and comments. */
bool authres_skip_cfws(struct text *rest)
{
    while (rest->len != 0) {
        if (text_is_blank(rest->data[0]))
            *rest = text_skip(*rest, 1);
        else if (rest->data[0] != '(')
            return true;
        else if (!skip_comment(rest))
            return false;
    }
    return true;
}

/* Where the quoted-string that text begins with has its closing quote; its length without one. */
static size_t find_end_quote(struct text text)
{
    struct text rest = text_skip(text, 1);

    while (rest.len != 0 && rest.data[0] != '"')
        rest = skip_escaped(rest);
    return text.len - rest.len;
}

/* quoted-string, which *rest begins with; folding inside goes. */
bool authres_take_quoted(struct text *rest, struct arena *arena, struct text *content_r)
{
    size_t end = find_end_quote(*rest), len = 0;
    char *content;

    if (end == rest->len)
        return false;
    content = arena_alloc(arena, end);
    for (size_t i = 1; i < end; i++) {
        if (rest->data[i] == '\\')
            i++;
        if (rest->data[i] != '\r' && rest->data[i] != '\n')
            content[len++] = rest->data[i];
    }
    *rest = text_skip(*rest, end + 1);
    *content_r = text_from_bytes(content, len);
    return true;
}

/* A token of RFC 2045, or with bytes beyond ASCII of RFC 6532. */
static bool is_token_byte(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value > ' ' && value != 0x7f && strchr("()<>@,;:\\\"/[]?=", byte) == NULL;
}

struct text authres_take_token(struct text *rest)
{
    struct text token;
    size_t len = 0;

    while (len < rest->len && is_token_byte(rest->data[len]))
        len++;
    token = text_head(*rest, len);
    *rest = text_skip(*rest, len);
    return token;
}
