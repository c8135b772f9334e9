/* SPDX-License-Identifier: MIT */

/*
 * Recognizing Authentication-Results fields (RFC 8601 §2.2, 5). Only what stands before the first
 * result is read: the authserv-id and the version.
 */

#include "lib/dns/name.h"
#include "lib/mailauth/authres.h"

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
static bool skip_cfws(struct text *rest)
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

/* quoted-string, which *rest begins with; folding inside goes. */
static bool take_quoted(struct text *rest, struct arena *arena, struct text *content_r)
{
    char *content = arena_alloc(arena, rest->len);
    size_t len = 0;

    *rest = text_skip(*rest, 1);
    while (rest->len != 0 && rest->data[0] != '"') {
        char byte = rest->data[0];

        if (byte == '\\' && rest->len > 1)
            byte = rest->data[1];
        if (byte != '\r' && byte != '\n')
            content[len++] = byte;
        *rest = skip_escaped(*rest);
    }
    if (rest->len == 0)
        return false;
    *rest = text_skip(*rest, 1);
    *content_r = text_from_bytes(content, len);
    return true;
}

/* A token of RFC 2045, or with bytes beyond ASCII of RFC 6532. */
static bool is_token_byte(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value > ' ' && value != 0x7f && strchr("()<>@,;:\\\"/[]?=", byte) == NULL;
}

static bool take_token(struct text *rest, struct text *token_r)
{
    size_t len = 0;

    while (len < rest->len && is_token_byte(rest->data[len]))
        len++;
    *token_r = text_head(*rest, len);
    *rest = text_skip(*rest, len);
    return len != 0;
}

/* authserv-id = value, in its one comparable form. */
static bool take_id(struct text *rest, struct arena *arena, struct text *id_r)
{
    struct text written;

    if (!skip_cfws(rest) || rest->len == 0)
        return false;
    if (!(rest->data[0] == '"' ? take_quoted(rest, arena, &written) : take_token(rest, &written)))
        return false;
    written = text_trim(written);
    if (written.len == 0)
        return false;
    if (dns_name_normalize(written, arena, id_r))
        return true;
    *id_r = arena_copy(arena, written);
    text_lower_bytes((char *)id_r->data, id_r->len);
    return true;
}

bool authres_read_id(struct text value, struct arena *arena, struct text *id_r)
{
    struct text rest = value;

    return take_id(&rest, arena, id_r);
}

/*
 * What follows the id: nothing, or a version, then the end or the first result. False for another
 * version than 1, which nobody may evaluate (§2.5), and for anything else.
 */
static bool skip_version(struct text *rest)
{
    struct text version;
    uint64_t number;

    if (!skip_cfws(rest))
        return false;
    if (rest->len == 0 || rest->data[0] == ';')
        return true;
    if (!take_token(rest, &version) || !text_to_number(version, UINT32_MAX, &number) ||
        number != 1 || !skip_cfws(rest))
        return false;
    return rest->len == 0 || rest->data[0] == ';';
}

static bool is_name_byte(char byte)
{
    return text_is_alnum(byte) || byte == '-' || byte == '_' || (unsigned char)byte > 127;
}

/* True where the name stands as a word of its own in the text, a final dot or not. */
static bool has_word(struct text text, struct text name)
{
    for (size_t i = 0; name.len != 0 && i + name.len <= text.len; i++) {
        struct text behind = text_skip(text, i + name.len);

        if (!text_equals_nocase(text_from_bytes(text.data + i, name.len), name))
            continue;
        if (i != 0 && (is_name_byte(text.data[i - 1]) || text.data[i - 1] == '.'))
            continue;
        if (behind.len != 0 && is_name_byte(behind.data[0]))
            continue;
        if (behind.len > 1 && behind.data[0] == '.' && is_name_byte(behind.data[1]))
            continue;
        return true;
    }
    return false;
}

/* True for an id that is no name although somebody might see one: "mx.example.org" and a blank of
   Unicode's beside it. A name that is one has only ASCII left. */
static bool looks_like_name(struct text id)
{
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.data[i] > 127)
            return true;
    return false;
}

bool authres_is_forged(
    const struct header_field *field, struct text authserv_id, struct arena *arena)
{
    struct text rest = field->value, id, ours;

    if (!text_equals_nocase(text_trim(field->name), TEXT("Authentication-Results")))
        return false;
    if (!dns_name_normalize(authserv_id, arena, &ours))
        ours = authserv_id;
    if (!take_id(&rest, arena, &id) || !skip_version(&rest))
        return true;
    if (text_equals_nocase(id, ours) || looks_like_name(id))
        return true;
    /* Our name in a comment beside another's id: harmless to us, not to a careless reader. */
    return has_word(text_head(field->value, field->value.len - rest.len), ours);
}
