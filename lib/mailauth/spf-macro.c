/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/spf-macro.h"

#include <inttypes.h>

#include "lib/base/buffer.h"
#include "lib/dns/name.h"

/* One piece of a macro-string: a run of plain characters, or one macro-expand. */
struct piece {
    struct text literal;    /* plain characters, or what %%, %_ and %- stand for */
    bool is_macro;          /* any form that begins with a per cent sign */
    char letter;            /* lower case; 0: literal */
    bool is_escaped;        /* the letter was upper case: URL-escape the result */
    size_t keep;            /* right-hand parts to keep; 0: all */
    bool is_reversed;       /* order of the parts */
    struct text delimiters; /* empty: "." */
};

static bool is_macro_letter(char letter, bool in_explanation)
{
    return strchr(in_explanation ? "slodipvhcrt" : "slodipvh", letter) != NULL && letter != '\0';
}

/* transformers = *DIGIT [ "r" ]; a number must not be zero. */
static bool take_transformers(struct text *rest, struct piece *piece)
{
    size_t digits = 0;

    while (digits < rest->len && text_is_digit(rest->data[digits])) {
        if (piece->keep < SPF_MACRO_PARTS_MAX)
            piece->keep = piece->keep * 10 + (size_t)(rest->data[digits] - '0');
        digits++;
    }
    if (digits != 0 && piece->keep == 0)
        return false;
    *rest = text_skip(*rest, digits);
    if (rest->len != 0 && text_lower(rest->data[0]) == 'r') {
        piece->is_reversed = true;
        *rest = text_skip(*rest, 1);
    }
    return true;
}

/* What stands between "%{" and "}", which *rest begins with. */
static bool take_braced(struct text *rest, bool in_explanation, struct piece *piece)
{
    size_t delimiters = 0;

    if (rest->len == 0)
        return false;
    piece->letter = text_lower(rest->data[0]);
    piece->is_escaped = piece->letter != rest->data[0];
    if (!is_macro_letter(piece->letter, in_explanation))
        return false;
    *rest = text_skip(*rest, 1);
    if (!take_transformers(rest, piece))
        return false;
    while (delimiters < rest->len && rest->data[delimiters] != '\0' &&
           strchr(".-+,/_=", rest->data[delimiters]) != NULL)
        delimiters++;
    piece->delimiters = text_head(*rest, delimiters);
    *rest = text_skip(*rest, delimiters);
    if (rest->len == 0 || rest->data[0] != '}')
        return false;
    *rest = text_skip(*rest, 1);
    return true;
}

/* macro-expand = ( "%{" ... "}" ) / "%%" / "%_" / "%-" */
static bool take_macro(struct text *rest, bool in_explanation, struct piece *piece)
{
    char second = rest->len > 1 ? rest->data[1] : '\0';

    piece->is_macro = true;
    *rest = text_skip(*rest, 2);
    switch (second) {
    case '{':
        return take_braced(rest, in_explanation, piece);
    case '%':
        piece->literal = TEXT("%");
        return true;
    case '_':
        piece->literal = TEXT(" ");
        return true;
    case '-':
        piece->literal = TEXT("%20");
        return true;
    default:
        return false;
    }
}

/* macro-literal = %x21-24 / %x26-7E; SP besides in explanations. *rest is not empty. */
static bool take_piece(struct text *rest, bool in_explanation, struct piece *piece_r)
{
    struct piece piece = {.literal = TEXT_NONE};
    size_t len = 0;

    if (rest->data[0] == '%') {
        if (!take_macro(rest, in_explanation, &piece))
            return false;
        *piece_r = piece;
        return true;
    }
    while (len < rest->len && rest->data[len] != '%') {
        char byte = rest->data[len];

        if (byte < '!' && !(byte == ' ' && in_explanation))
            return false; /* control characters, and all above ASCII where char is signed */
        if ((unsigned char)byte > '~')
            return false;
        len++;
    }
    piece.literal = text_head(*rest, len);
    *rest = text_skip(*rest, len);
    *piece_r = piece;
    return true;
}

static bool is_string(struct text text, bool in_explanation, struct piece *last_r)
{
    while (text.len != 0)
        if (!take_piece(&text, in_explanation, last_r))
            return false;
    return true;
}

bool spf_macro_is_string(struct text text)
{
    struct piece last;

    return is_string(text, false, &last);
}

bool spf_macro_is_explanation(struct text text)
{
    struct piece last;

    return is_string(text, true, &last);
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static bool is_toplabel(struct text label)
{
    bool has_other = false;

    for (size_t i = 0; i < label.len; i++) {
        bool is_inner = i != 0 && i + 1 != label.len;

        if (!text_is_alnum(label.data[i]) && !(is_inner && label.data[i] == '-'))
            return false;
        has_other = has_other || !text_is_digit(label.data[i]);
    }
    return has_other;
}

bool spf_macro_is_domain_spec(struct text text)
{
    struct piece last = {.literal = TEXT_NONE};
    struct text tail;

    if (!is_string(text, false, &last))
        return false;
    if (last.is_macro)
        return true;
    tail = last.literal;
    if (text_ends_with_nocase(tail, TEXT(".")))
        tail.len--;
    return is_toplabel(text_skip(tail, text_find_last(tail, '.') + 1));
}

bool spf_macro_uses(struct text text, char letter)
{
    struct piece piece;

    while (text.len != 0 && take_piece(&text, true, &piece))
        if (piece.letter == letter)
            return true;
    return false;
}

/* --- expansion --- */

/* %{i}: dotted nibbles for IPv6, in capitals as the RFC's own test data has them. */
static struct text dotted_address(const struct ip *ip, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[IP_TEXT_MAX];
    char *nibbles;

    if (ip->family != IP_V6) {
        ip_format(ip, text);
        return arena_copy(arena, text_from_string(text));
    }
    nibbles = arena_alloc(arena, 64);
    for (size_t i = 0; i < 16; i++) {
        nibbles[4 * i] = digits[ip->bytes[i] >> 4];
        nibbles[4 * i + 1] = '.';
        nibbles[4 * i + 2] = digits[ip->bytes[i] & 15];
        nibbles[4 * i + 3] = '.';
    }
    return text_from_bytes(nibbles, 63);
}

static struct text readable_address(const struct ip *ip, struct arena *arena)
{
    char text[IP_TEXT_MAX];

    ip_format(ip, text);
    return arena_copy(arena, text_from_string(text));
}

static struct text letter_value(
    char letter, const struct spf_macro_values *values, struct arena *arena)
{
    switch (letter) {
    case 's':
        return arena_print(
            arena, "%.*s@%.*s", TEXT_ARGS(values->local_part), TEXT_ARGS(values->sender_domain));
    case 'l':
        return values->local_part;
    case 'o':
        return values->sender_domain;
    case 'd':
        return values->domain;
    case 'i':
        return dotted_address(&values->client, arena);
    case 'p':
        return values->validated;
    case 'v':
        return values->client.family == IP_V6 ? TEXT("ip6") : TEXT("in-addr");
    case 'h':
        return values->helo;
    case 'c':
        return readable_address(&values->client, arena);
    case 'r':
        return values->receiver;
    default:
        return arena_print(arena, "%" PRId64, values->now);
    }
}

static bool is_delimiter(char byte, struct text delimiters)
{
    return delimiters.len == 0 ? byte == '.' : text_find(delimiters, byte) < delimiters.len;
}

/* Splits value at the delimiters; returns the number of parts, at least one. */
static size_t split_parts(
    struct text value, struct text delimiters, struct text parts_r[SPF_MACRO_PARTS_MAX])
{
    size_t count = 0, start = 0;

    for (size_t i = 0; i < value.len && count < SPF_MACRO_PARTS_MAX - 1; i++) {
        if (!is_delimiter(value.data[i], delimiters))
            continue;
        parts_r[count++] = text_from_bytes(value.data + start, i - start);
        start = i + 1;
    }
    parts_r[count++] = text_skip(value, start);
    return count;
}

/* Bytes outside RFC 3986's unreserved set become %XX. */
static void append_escaped(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        char byte = value.data[i];

        if (text_is_alnum(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~')
            buffer_append_byte(out, byte);
        else
            buffer_append_format(out, "%%%02X", (unsigned)(unsigned char)byte);
    }
}

static void append_part(struct buffer *out, struct text part, bool is_escaped)
{
    if (is_escaped)
        append_escaped(out, part);
    else
        buffer_append_text(out, part);
}

static void append_letter(struct buffer *out, const struct piece *piece, struct text value)
{
    struct text parts[SPF_MACRO_PARTS_MAX];
    size_t count, first;

    count = split_parts(value, piece->delimiters, parts);
    first = piece->keep != 0 && piece->keep < count ? count - piece->keep : 0;
    for (size_t i = first; i < count; i++) {
        if (i != first)
            buffer_append_byte(out, '.');
        append_part(out, parts[piece->is_reversed ? count - 1 - i : i], piece->is_escaped);
    }
}

/* False once it is too long. */
static bool append_pieces(struct buffer *out, struct text text,
    const struct spf_macro_values *values, struct arena *arena)
{
    struct piece piece;

    while (text.len != 0 && take_piece(&text, true, &piece)) {
        if (piece.letter == '\0')
            buffer_append_text(out, piece.literal);
        else
            append_letter(out, &piece, letter_value(piece.letter, values, arena));
        if (out->len > SPF_EXPANSION_MAX)
            return false;
    }
    return true;
}

bool spf_macro_expand(struct text text, const struct spf_macro_values *values, struct arena *arena,
    struct text *expanded_r)
{
    struct buffer out = BUFFER_NONE;
    bool fits = append_pieces(&out, text, values, arena);

    if (fits)
        *expanded_r = arena_copy(arena, buffer_text(&out));
    buffer_done(&out);
    return fits;
}

struct text spf_macro_expand_domain(
    struct text text, const struct spf_macro_values *values, struct arena *arena)
{
    struct text name;

    if (!spf_macro_expand(text, values, arena, &name))
        return TEXT("");
    if (text_ends_with_nocase(name, TEXT(".")))
        name.len--;
    while (name.len > DNS_NAME_MAX)
        name = text_skip(name, text_find(name, '.') + 1);
    return name;
}
