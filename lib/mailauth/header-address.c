/* SPDX-License-Identifier: MIT */

/*
 * The address lists of RFC 5322 §3.4 with the obsolete forms of §4.4. One function per
 * production. Beyond the grammar we read what mail in the wild has and readers agree upon: dots
 * anywhere in a local part, and "@" in a display name in front of "<".
 */

#include "lib/mailauth/header.h"

#define SALVAGED_MAX_BYTES 1024 /* of one domain, U-labels in it */

struct parser {
    struct text rest;
    char *out; /* where what is unquoted goes: never more than has been read */
    struct header_address *addresses;
    size_t count;
    bool has_open_comment; /* one without end: nothing is left to read then */
};

/* The next byte, or NUL at the end; a NUL in the input is no legal byte of any token. */
static char peek(const struct parser *parser)
{
    return parser->rest.len != 0 ? parser->rest.data[0] : '\0';
}

static void advance(struct parser *parser)
{
    parser->rest = text_skip(parser->rest, 1);
}

static bool take(struct parser *parser, char byte)
{
    if (parser->rest.len == 0 || parser->rest.data[0] != byte)
        return false;
    advance(parser);
    return true;
}

static bool is_atext(char byte)
{
    return text_is_alnum(byte) || (unsigned char)byte >= 0x80 ||
           (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

/* comment = "(" *([FWS] ccontent) [FWS] ")"; they nest, counted instead of recursed. */
static void comment(struct parser *parser)
{
    size_t depth = 0;

    do {
        char byte = peek(parser);

        if (parser->rest.len == 0) {
            parser->has_open_comment = true;
            return;
        }
        advance(parser);
        if (byte == '(')
            depth++;
        else if (byte == ')')
            depth--;
        else if (byte == '\\')
            advance(parser);
    } while (depth != 0);
}

/* [CFWS] */
static void cfws(struct parser *parser)
{
    for (;;) {
        if (text_is_blank(peek(parser)))
            advance(parser);
        else if (peek(parser) == '(')
            comment(parser);
        else
            return;
    }
}

/* Puts the content of a quoted-string out, or only skips it. */
static bool quoted_string(struct parser *parser, bool keep)
{
    advance(parser);
    while (peek(parser) != '"') {
        if (peek(parser) == '\\')
            advance(parser);
        if (peek(parser) == '\0')
            return false;
        if (keep && peek(parser) != '\r' && peek(parser) != '\n')
            *parser->out++ = peek(parser);
        advance(parser);
    }
    advance(parser);
    return true;
}

/* local-part = word *("." word), with blanks and comments around the dots (obs-local-part). */
static bool local_part(struct parser *parser, struct text *local_r)
{
    char *start = parser->out;
    bool after_word = false;

    for (;;) {
        char byte;

        cfws(parser);
        byte = peek(parser);
        if (byte == '.') {
            *parser->out++ = byte;
            advance(parser);
            after_word = false;
        } else if ((byte == '"' || is_atext(byte)) && !after_word) {
            if (byte == '"' && !quoted_string(parser, true))
                return false;
            for (; is_atext(peek(parser)) && byte != '"'; advance(parser))
                *parser->out++ = peek(parser);
            after_word = true;
        } else
            break;
    }
    *local_r = text_from_bytes(start, (size_t)(parser->out - start));
    return local_r->len != 0 || after_word;
}

/* domain-literal = "[" *([FWS] dtext) [FWS] "]" */
static bool domain_literal(struct parser *parser, struct text *domain_r)
{
    struct text all = parser->rest;
    size_t end = text_find(all, ']');

    if (end == all.len || text_has_control(text_head(all, end)) ||
        text_find(text_skip(text_head(all, end), 1), '[') != end - 1)
        return false;
    *domain_r = text_head(all, end + 1);
    parser->rest = text_skip(all, end + 1);
    return true;
}

/* domain = atom *("." atom), with blanks and comments around the dots (obs-domain). */
static bool domain(struct parser *parser, struct text *domain_r)
{
    char *start = parser->out;
    bool after_atom = false;

    cfws(parser);
    if (peek(parser) == '[')
        return domain_literal(parser, domain_r);
    while (peek(parser) == '.' || (is_atext(peek(parser)) && !after_atom)) {
        after_atom = peek(parser) != '.';
        do {
            *parser->out++ = peek(parser);
            advance(parser);
        } while (after_atom && is_atext(peek(parser)));
        cfws(parser);
    }
    *domain_r = text_from_bytes(start, (size_t)(parser->out - start));
    return domain_r->len != 0;
}

/* addr-spec = local-part "@" domain */
static bool addr_spec(struct parser *parser)
{
    struct header_address address;

    if (!local_part(parser, &address.local_part) || !take(parser, '@') ||
        !domain(parser, &address.domain) || parser->count == HEADER_ADDRESSES_MAX)
        return false;
    parser->addresses[parser->count++] = address;
    cfws(parser);
    return true;
}

/* obs-route = obs-domain-list ":"; a list of "@domain" with commas. */
static bool route(struct parser *parser)
{
    struct text ignored;

    while (take(parser, ',') || peek(parser) == '@') {
        if (take(parser, '@') && !domain(parser, &ignored))
            return false;
        cfws(parser);
    }
    return take(parser, ':');
}

/* angle-addr = "<" [obs-route] addr-spec ">"; the parser stands at its "<". */
static bool angle_addr(struct parser *parser)
{
    advance(parser);
    cfws(parser);
    if ((peek(parser) == '@' || peek(parser) == ',') && !route(parser))
        return false;
    if (!addr_spec(parser) || !take(parser, '>'))
        return false;
    cfws(parser);
    return true;
}

/* Skips words, dots and "@": a display name, or an address without brackets. */
static bool phrase(struct parser *parser)
{
    for (;;) {
        char byte;

        cfws(parser);
        byte = peek(parser);
        if (byte == '"') {
            if (!quoted_string(parser, false))
                return false;
        } else if (byte == '[') {
            struct text ignored;

            if (!domain_literal(parser, &ignored))
                return false;
        } else if (byte == '.' || byte == '@' || is_atext(byte))
            advance(parser);
        else
            return true;
    }
}

/* True where an element of a list may end here. */
static bool at_element_end(const struct parser *parser)
{
    return parser->rest.len == 0 || peek(parser) == ',' || peek(parser) == ';';
}

/* mailbox = name-addr / addr-spec; or the name of a group and its colon: *is_group_r. */
static bool mailbox_or_group_name(struct parser *parser, bool *is_group_r)
{
    struct text start = parser->rest;

    *is_group_r = false;
    if (!phrase(parser))
        return false;
    if (peek(parser) == '<')
        return angle_addr(parser) && at_element_end(parser);
    if (peek(parser) == ':' && parser->rest.len != start.len) {
        *is_group_r = true;
        advance(parser);
        return true;
    }
    parser->rest = start;
    return addr_spec(parser) && at_element_end(parser);
}

/* address-list = address *("," address), where a group holds a list of its own. */
static bool address_list(struct parser *parser)
{
    bool in_group = false, seen = false;

    for (;;) {
        bool is_group = false;

        cfws(parser);
        if (parser->rest.len == 0)
            return seen && !in_group && !parser->has_open_comment;
        if (take(parser, ','))
            continue;
        if (in_group && take(parser, ';')) {
            in_group = false;
            cfws(parser);
            if (!at_element_end(parser))
                return false;
            continue;
        }
        if (!mailbox_or_group_name(parser, &is_group) || (is_group && in_group))
            return false;
        in_group = in_group || is_group;
        seen = true;
    }
}

enum header_addresses header_parse_addresses(struct text value, struct arena *arena,
    const struct header_address **addresses_r, size_t *count_r)
{
    struct parser parser = {.rest = value, .out = arena_alloc(arena, value.len + 1)};

    parser.addresses = arena_alloc_zero(arena, HEADER_ADDRESSES_MAX, sizeof *parser.addresses);
    if (!address_list(&parser))
        return HEADER_ADDRESSES_BAD;
    *addresses_r = parser.addresses;
    *count_r = parser.count;
    return HEADER_ADDRESSES_OK;
}

/* --- fields that are no address list --- */

static struct text salvage_domain(struct text rest, char *out, struct arena *arena)
{
    struct parser parser = {.rest = rest, .out = out};
    struct text found;

    /* What stands before a comment without end counts too. */
    if (!domain(&parser, &found))
        found = text_from_bytes(out, (size_t)(parser.out - out));
    return arena_copy(arena, text_head(found, SALVAGED_MAX_BYTES));
}

bool header_salvage_domains(
    struct text value, struct arena *arena, const struct text **domains_r, size_t *count_r)
{
    struct text *domains = arena_alloc_zero(arena, HEADER_ADDRESSES_MAX, sizeof *domains);
    char *out = arena_alloc(arena, value.len + 1);
    size_t count = 0, at = text_find(value, '@');

    for (; at != value.len && count < HEADER_ADDRESSES_MAX; at = text_find(value, '@')) {
        value = text_skip(value, at + 1);
        domains[count++] = salvage_domain(value, out, arena);
    }
    *domains_r = domains;
    *count_r = count;
    return at == value.len;
}
