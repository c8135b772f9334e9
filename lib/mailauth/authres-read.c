/* SPDX-License-Identifier: MIT */

/*
 * Recognizing Authentication-Results fields (RFC 8601 §2.2, 5). Only what stands before the first
 * result is read: the authserv-id and the version.
 */

#include "lib/dns/name.h"
#include "lib/mailauth/authres-scan.h"
#include "lib/mailauth/authres.h"

/* authserv-id = value, in its one comparable form. */
static bool take_id(struct text *rest, struct arena *arena, struct text *id_r)
{
    struct text written;

    if (!authres_skip_cfws(rest) || rest->len == 0)
        return false;
    if (rest->data[0] != '"')
        written = authres_take_token(rest);
    else if (!authres_take_quoted(rest, arena, &written))
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
    uint64_t number;

    if (!authres_skip_cfws(rest))
        return false;
    if (rest->len == 0 || rest->data[0] == ';')
        return true;
    if (!text_to_number(authres_take_token(rest), UINT32_MAX, &number) || number != 1 ||
        !authres_skip_cfws(rest))
        return false;
    return rest->len == 0 || rest->data[0] == ';';
}

bool authres_take_head(struct text *rest, struct arena *arena, struct text *id_r)
{
    return take_id(rest, arena, id_r) && skip_version(rest);
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
    if (!authres_take_head(&rest, arena, &id))
        return true;
    if (text_equals_nocase(id, ours) || looks_like_name(id))
        return true;
    /* Our name in a comment beside another's id: harmless to us, not to a careless reader. */
    return has_word(text_head(field->value, field->value.len - rest.len), ours);
}
