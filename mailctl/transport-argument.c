/* SPDX-License-Identifier: MIT */
#include "mailctl/transport-argument.h"

#include "lib/base/buffer.h"
#include "lib/base/ip.h"
#include "lib/dns/name.h"

#define SERVICE_MAX 32
#define PORT_WORD_MAX 32
/* Of a path, as the address of a socket has room for it. */
#define PATH_MAX_BYTES 100
#define SUBMISSION_PORT "587"

/* --- pieces --- */

/* strchr() finds a NUL byte in every string. */
static bool is_among(char byte, const char *signs)
{
    return text_is_alnum(byte) || (byte != '\0' && strchr(signs, byte) != NULL);
}

static bool is_service(struct text text)
{
    if (text.len == 0 || text.len > SERVICE_MAX || !text_is_alnum(text.data[0]))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_among(text.data[i], "-_."))
            return false;
    return true;
}

/* A number, or a name of services(5). */
static bool is_port(struct text text)
{
    uint64_t number;
    bool has_letter = false;

    if (text_to_number(text, UINT16_MAX, &number))
        return number != 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!text_is_alnum(text.data[i]) && text.data[i] != '-')
            return false;
        has_letter = has_letter || (text.data[i] != '-' && !text_is_digit(text.data[i]));
    }
    return has_letter && text.len <= PORT_WORD_MAX;
}

/* Letters, digits and a few signs, relative or not, and no way upwards. */
static bool is_path(struct text text)
{
    struct text rest = text, part;

    if (text.len == 0 || text.len > PATH_MAX_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_among(text.data[i], "/-_."))
            return false;
    while (rest.len != 0 && text_split(&rest, '/', &part))
        if (text_equals(part, TEXT("..")))
            return false;
    return text.data[text.len - 1] != '/';
}

/* "192.0.2.1", "2001:db8::1" or "ipv6:2001:db8::1", as between brackets. */
static bool read_address(struct text text, char text_r[IP_TEXT_MAX])
{
    static const struct text mark = TEXT("ipv6:");
    struct ip ip;

    if (text.len > mark.len && text_equals_nocase(text_head(text, mark.len), mark))
        text = text_skip(text, mark.len);
    if (!ip_parse(text, &ip))
        return false;
    ip_format(&ip, text_r);
    return true;
}

/* Hosts without a dot in their name have a name here all the same. A final dot hides an address. */
static bool read_name(struct text text, struct arena *arena, struct text *name_r)
{
    struct text name;
    struct ip ip;

    if (!dns_name_normalize(text, arena, &name) || ip_parse(name, &ip))
        return false;
    *name_r = name;
    return true;
}

struct host {
    struct text name; /* a name, or an address */
    struct text port; /* empty: the transport's own */
    bool is_literal;  /* in brackets: its MX records are not asked for */
};

static bool read_bracketed(struct text text, struct arena *arena, struct host *host_r)
{
    size_t end = text_find(text, ']');
    struct text inside = text_skip(text_head(text, end), 1), behind = text_skip(text, end + 1);
    char address[IP_TEXT_MAX];

    if (end >= text.len || (behind.len != 0 && behind.data[0] != ':'))
        return false;
    *host_r = (struct host){.port = text_skip(behind, 1), .is_literal = true};
    if (behind.len != 0 && !is_port(host_r->port))
        return false;
    if (!read_address(inside, address))
        return read_name(inside, arena, &host_r->name);
    host_r->name = arena_copy(arena, text_from_string(address));
    return true;
}

static bool read_host(struct text text, struct arena *arena, struct host *host_r)
{
    size_t colon = text_find(text, ':');

    if (text_starts_with(text, TEXT("[")))
        return read_bracketed(text, arena, host_r);
    *host_r = (struct host){.port = text_skip(text, colon + 1)};
    return (colon == text.len || is_port(host_r->port)) &&
           read_name(text_head(text, colon), arena, &host_r->name);
}

/* --- a transport and its next hops --- */

static void append_host(struct buffer *out, const struct host *host)
{
    buffer_append_format(out, host->is_literal ? "[%.*s]" : "%.*s", TEXT_ARGS(host->name));
    if (host->port.len != 0)
        buffer_append_format(out, ":%.*s", TEXT_ARGS(host->port));
}

/* "unix:PATH", "inet:HOST", or a host. */
static bool append_hop(struct text text, struct arena *arena, struct buffer *out)
{
    static const struct text local = TEXT("unix:"), inet = TEXT("inet:");
    struct host host;

    if (text_starts_with(text, local)) {
        buffer_append_text(out, text);
        return is_path(text_skip(text, local.len));
    }
    if (text_starts_with(text, inet)) {
        buffer_append_text(out, inet);
        text = text_skip(text, inet.len);
    }
    if (!read_host(text, arena, &host))
        return false;
    append_host(out, &host);
    return true;
}

static bool is_separator(char byte)
{
    return byte == ' ' || byte == ',' || byte == '\t';
}

/* Hosts with commas or blanks between them; none: the domain itself. */
static bool append_hops(struct text text, struct arena *arena, struct buffer *out)
{
    bool is_first = true;

    while (text.len != 0) {
        size_t len = 0;

        while (len < text.len && !is_separator(text.data[len]))
            len++;
        if (len != 0) {
            buffer_append_text(out, is_first ? TEXT("") : TEXT(", "));
            if (!append_hop(text_head(text, len), arena, out))
                return false;
            is_first = false;
        }
        text = text_skip(text, len + 1);
    }
    return true;
}

static bool has_free_text(struct text service)
{
    return text_equals(service, TEXT("error")) || text_equals(service, TEXT("retry")) ||
           text_equals(service, TEXT("discard"));
}

static bool is_printable(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return false;
    return true;
}

static enum err refuse(struct text text, struct failure *failure)
{
    return failure_set(failure, ERR_SYNTAX,
        "\"%.*s\": a transport and where it goes was expected, as smtp:[mx.inside.example]:25, "
        "lmtp:unix:private/dovecot-lmtp or error:5.1.1 nobody here",
        TEXT_ARGS(text_head(text, TRANSPORT_ARGUMENT_MAX)));
}

static bool append_transport(
    struct text service, struct text hops, struct arena *arena, struct buffer *out)
{
    buffer_append_format(out, "%.*s:", TEXT_ARGS(service));
    if (!has_free_text(service))
        return append_hops(hops, arena, out);
    buffer_append_text(out, text_trim(hops));
    return is_printable(hops);
}

static enum err check_length(size_t len, struct failure *failure)
{
    return len <= TRANSPORT_ARGUMENT_MAX
               ? ERR_NONE
               : failure_set(
                     failure, ERR_RANGE, "at most %d bytes were expected", TRANSPORT_ARGUMENT_MAX);
}

enum err transport_argument_parse(
    struct text text, struct arena *arena, struct text *transport_r, struct failure *failure)
{
    size_t colon = text_find(text, ':');
    struct text service = text_head(text, colon);
    struct buffer out = BUFFER_NONE;
    enum err err = check_length(text.len, failure);

    if (err != ERR_NONE)
        return err;
    if (text_equals(service, TEXT(TRANSPORT_RELAY_SERVICE)))
        return failure_set(failure, ERR_SYNTAX,
            "%s is for mail of senders with a host of their own, and would show their passwords to "
            "another: name another transport",
            TRANSPORT_RELAY_SERVICE);
    if (colon == text.len || !is_service(service) ||
        !append_transport(service, text_skip(text, colon + 1), arena, &out))
        err = refuse(text, failure);
    else
        err = check_length(out.len, failure);
    if (err == ERR_NONE)
        *transport_r = arena_copy(arena, buffer_text(&out));
    buffer_done(&out);
    return err;
}

/* --- a host alone --- */

enum err transport_argument_parse_host(
    struct text text, struct arena *arena, struct text *host_r, struct failure *failure)
{
    enum err err = check_length(text.len, failure);
    struct host host;

    if (err != ERR_NONE)
        return err;
    if (!read_host(text, arena, &host))
        return failure_set(failure, ERR_SYNTAX,
            "\"%.*s\": a host like smtp.provider.example or [192.0.2.1]:587 was expected",
            TEXT_ARGS(text));
    if (host.port.len == 0)
        host.port = TEXT(SUBMISSION_PORT);
    *host_r = arena_print(arena, "[%.*s]:%.*s", TEXT_ARGS(host.name), TEXT_ARGS(host.port));
    return ERR_NONE;
}
