/* SPDX-License-Identifier: MIT */

/* Writing an Authentication-Results field (RFC 8601 §2.2). */

#include "lib/dns/name.h"
#include "lib/mailauth/authres.h"

#define LINE_MAX_BYTES 78   /* RFC 5322 §2.1.1; a single longer value stays on one line */
#define VALUE_MAX_BYTES 384 /* longer ones are cut, so that a line stays below 998 when escaped */
#define NAME_BYTES (sizeof "Authentication-Results:" - 1)

struct authres_writer {
    struct arena *arena;
    struct buffer field;
    size_t line_bytes;
    bool has_method;
};

/* Puts a word on the line, or on the next one. The words of one method are divided by blanks. */
static void put_word(struct authres_writer *writer, struct text word)
{
    if (writer->line_bytes + 1 + word.len > LINE_MAX_BYTES) {
        buffer_append_string(&writer->field, "\r\n\t");
        writer->line_bytes = 1;
    } else {
        buffer_append_byte(&writer->field, ' ');
        writer->line_bytes++;
    }
    buffer_append_text(&writer->field, word);
    writer->line_bytes += word.len;
}

/* --- values --- */

/* Length of the well-formed UTF-8 character (RFC 3629) beyond ASCII at the start, or 0. */
static size_t utf8_length(struct text text)
{
    unsigned char first = (unsigned char)text.data[0];
    unsigned char low = 0x80, high = 0xbf;
    size_t len;

    if (first >= 0xc2 && first <= 0xdf)
        len = 2;
    else if (first >= 0xe0 && first <= 0xef)
        len = 3;
    else if (first >= 0xf0 && first <= 0xf4)
        len = 4;
    else
        return 0;
    /* No overlong forms, no surrogates, nothing above U+10FFFF. */
    if (first == 0xe0)
        low = 0xa0;
    if (first == 0xed)
        high = 0x9f;
    if (first == 0xf0)
        low = 0x90;
    if (first == 0xf4)
        high = 0x8f;
    if (text.len < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (byte < (i == 1 ? low : 0x80) || byte > (i == 1 ? high : 0xbf))
            return 0;
    }
    return len;
}

/* The text without control characters and broken UTF-8, at most VALUE_MAX_BYTES of it. */
static void append_clean(struct buffer *out, struct text text)
{
    size_t taken = 0;

    while (text.len != 0) {
        unsigned char first = (unsigned char)text.data[0];
        size_t len = first < 0x80 ? 1 : utf8_length(text);

        if (len == 0 || first < ' ' || first == 0x7f) {
            text = text_skip(text, 1);
            continue;
        }
        taken += len;
        if (taken > VALUE_MAX_BYTES)
            return;
        buffer_append(out, text.data, len);
        text = text_skip(text, len);
    }
}

/* token of RFC 2045 §5.1 */
static bool is_token_byte(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value > ' ' && value < 0x7f && strchr("()<>@,;:\\\"/[]?=", byte) == NULL;
}

static bool is_token(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_byte(text.data[i]))
            return false;
    return text.len != 0;
}

/* atext and dots in their places: a local part, not empty, that needs no quotes. */
static bool is_dot_atom(struct text text)
{
    if (text.data[0] == '.' || text.data[text.len - 1] == '.')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];

        if (byte == '.' && text.data[i - 1] == '.')
            return false;
        if (byte != '.' && !text_is_alnum(byte) && strchr("!#$%&'*+-/=?^_`{|}~", byte) == NULL)
            return false;
    }
    return true;
}

/* pvalue = value / [ [ local-part ] "@" ] domain-name: the forms that stand without quotes. */
static bool is_plain(struct text value)
{
    size_t at = text_find_last(value, '@');

    if (at == value.len)
        return is_token(value);
    return (at == 0 || is_dot_atom(text_head(value, at))) &&
           dns_name_is_valid(text_skip(value, at + 1));
}

static void append_quoted(struct buffer *out, struct text value)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, value.data[i]);
    }
    buffer_append_byte(out, '"');
}

/* is_bare tells which texts stand without quotes at that place of the grammar. */
static void append_value(struct buffer *out, struct text value, bool (*is_bare)(struct text value))
{
    struct buffer clean = BUFFER_NONE;

    append_clean(&clean, value);
    if (is_bare(buffer_text(&clean)))
        buffer_append_text(out, buffer_text(&clean));
    else
        append_quoted(out, buffer_text(&clean));
    buffer_done(&clean);
}

/* --- the field --- */

struct authres_writer *authres_writer_new(struct text authserv_id, struct arena *arena)
{
    struct authres_writer *writer = arena_alloc_zero(arena, 1, sizeof *writer);

    writer->arena = arena;
    buffer_init(&writer->field);
    buffer_append_byte(&writer->field, ' ');
    append_value(&writer->field, authserv_id, is_token);
    writer->line_bytes = NAME_BYTES + writer->field.len;
    return writer;
}

struct text authres_write_id(struct text authserv_id, struct arena *arena)
{
    struct buffer written = BUFFER_NONE;
    struct text id;

    append_value(&written, authserv_id, is_token);
    id = arena_copy(arena, buffer_text(&written));
    buffer_done(&written);
    return id;
}

static bool is_full(const struct authres_writer *writer)
{
    return writer->field.len > AUTHRES_FIELD_MAX - 4 * VALUE_MAX_BYTES;
}

/* reasonspec = "reason" "=" value, where an address is no value */
static void put_reason(struct authres_writer *writer, struct text reason)
{
    struct buffer word = BUFFER_NONE;

    buffer_append_string(&word, "reason=");
    append_value(&word, reason, is_token);
    put_word(writer, buffer_text(&word));
    buffer_done(&word);
}

void authres_method(
    struct authres_writer *writer, const char *method, const char *result, const char *reason)
{
    if (is_full(writer))
        return;
    writer->has_method = true;
    buffer_append_format(&writer->field, ";\r\n\t%s=%s", method, result);
    writer->line_bytes = 2 + strlen(method) + strlen(result);
    if (reason != NULL)
        put_reason(writer, text_from_string(reason));
}

void authres_property(
    struct authres_writer *writer, const char *ptype, const char *property, struct text value)
{
    struct buffer word = BUFFER_NONE;

    if (is_full(writer))
        return;
    buffer_append_format(&word, "%s.%s=", ptype, property);
    append_value(&word, value, is_plain);
    put_word(writer, buffer_text(&word));
    buffer_done(&word);
}

void authres_comment(struct authres_writer *writer, const char *comment)
{
    struct buffer clean = BUFFER_NONE, word = BUFFER_NONE;

    if (is_full(writer))
        return;
    append_clean(&clean, text_from_string(comment));
    buffer_append_byte(&word, '(');
    for (size_t i = 0; i < clean.len; i++) {
        if (strchr("()\\", clean.data[i]) != NULL)
            buffer_append_byte(&word, '\\');
        buffer_append_byte(&word, clean.data[i]);
    }
    buffer_append_byte(&word, ')');
    put_word(writer, buffer_text(&word));
    buffer_done(&clean);
    buffer_done(&word);
}

struct text authres_finish(struct authres_writer *writer)
{
    struct text field;

    if (!writer->has_method)
        buffer_append_string(&writer->field, "; none");
    field = arena_copy(writer->arena, buffer_text(&writer->field));
    buffer_done(&writer->field);
    return field;
}
