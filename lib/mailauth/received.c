/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/received.h"

/* --- words and comments --- */

static void skip_blanks(struct text *rest)
{
    while (rest->len != 0 && text_is_blank(rest->data[0]))
        *rest = text_skip(*rest, 1);
}

/* What stands between "(" and its ")". False where the next is no comment, or does not end. */
static bool take_comment(struct text *rest, struct text *content_r)
{
    size_t depth = 0;

    skip_blanks(rest);
    for (size_t i = 0; i < rest->len; i++) {
        char byte = rest->data[i];

        if (byte == '(' && ++depth > RECEIVED_COMMENT_DEPTH_MAX)
            return false;
        if (depth == 0)
            return false;
        if (byte == '\\')
            i++;
        if (byte != ')' || --depth != 0)
            continue;
        *content_r = text_from_bytes(rest->data + 1, i - 1);
        *rest = text_skip(*rest, i + 1);
        return true;
    }
    return false;
}

static void skip_comments(struct text *rest)
{
    struct text ignored;

    while (take_comment(rest, &ignored))
        ;
}

/* The next word, up to a blank, a comment or the semicolon before the date. */
static bool take_word(struct text *rest, struct text *word_r)
{
    size_t len = 0;

    skip_blanks(rest);
    while (len < rest->len && !text_is_blank(rest->data[len]) && rest->data[len] != '(' &&
           rest->data[len] != ';')
        len++;
    *word_r = text_head(*rest, len);
    *rest = text_skip(*rest, len);
    return len != 0;
}

static bool take_keyword(struct text *rest, struct text keyword)
{
    struct text ahead = *rest, word;

    if (!take_word(&ahead, &word) || !text_equals_nocase(word, keyword))
        return false;
    *rest = ahead;
    return true;
}

/* --- addresses --- */

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" at the start; *rest goes behind it. */
static bool take_literal(struct text *rest, struct ip *ip_r)
{
    size_t end = text_find(*rest, ']');
    struct text inside = text_skip(text_head(*rest, end), 1);

    if (end == rest->len || rest->data[0] != '[')
        return false;
    if (text_starts_with_nocase(inside, TEXT("IPv6:")))
        inside = text_skip(inside, sizeof "IPv6:" - 1);
    if (!ip_parse(inside, ip_r))
        return false;
    *rest = text_skip(*rest, end + 1);
    return rest->len == 0 || text_is_blank(rest->data[0]) || rest->data[0] == ':';
}

/*
 * A name that the writer looked up: nothing in it can be taken for an address, and it is not the
 * word with which qmail, and others, announce what the client said of itself.
 */
static bool is_client_name(struct text word)
{
    for (size_t i = 0; i < word.len; i++)
        if (strchr("[]\"\\=", word.data[i]) != NULL)
            return false;
    return !text_equals_nocase(word, TEXT("HELO")) && !text_equals_nocase(word, TEXT("EHLO"));
}

/* What Exim says beside the address. False for a word that it does not write. */
static bool read_exim_words(struct text rest, struct text *helo_r)
{
    struct text word;

    while (take_word(&rest, &word))
        if (text_starts_with(word, TEXT("helo=")))
            *helo_r = text_skip(word, sizeof "helo=" - 1);
        else if (!text_starts_with(word, TEXT("port=")) && !text_starts_with(word, TEXT("ident=")))
            return false;
    return true;
}

static bool is_exim_info(struct text content)
{
    return text_starts_with(content, TEXT("helo=")) || text_starts_with(content, TEXT("port="));
}

/* NAME [ADDRESS]; a second literal behind it would tell of a name with a first one in it. */
static bool read_name_and_address(struct text rest, struct ip *client_r)
{
    struct text word;

    if (!take_word(&rest, &word) || !is_client_name(word))
        return false;
    skip_blanks(&rest);
    return take_literal(&rest, client_r) && text_find(rest, '[') == rest.len;
}

/* TCP-info (RFC 5321 §4.4): the comment directly behind the word of "from". */
static bool read_tcp_info(struct text content, struct received *received)
{
    struct text rest = text_trim(content), from = received->helo, port;

    if (ip_parse(rest, &received->client))
        return true;
    if (is_exim_info(rest)) {
        received->helo = TEXT_NONE;
        return read_exim_words(rest, &received->helo) && take_literal(&from, &received->client) &&
               from.len == 0;
    }
    if (!text_starts_with(rest, TEXT("[")))
        return read_name_and_address(rest, &received->client);
    if (!take_literal(&rest, &received->client))
        return false;
    if (text_starts_with(rest, TEXT(":")))
        (void)take_word(&rest, &port);
    (void)read_exim_words(rest, &received->helo); /* others may say what they like behind it */
    return true;
}

/* --- clauses --- */

enum from_form {
    FROM_ABSENT,
    FROM_WORD,   /* no address */
    FROM_CLIENT, /* TCP-info */
    FROM_SERVER  /* an address without parentheses: whom fetchmail has asked */
};

/* "from WORD" with what stands behind it. False where an address is announced but not there. */
static bool take_from(struct text *rest, struct received *received, enum from_form *form_r)
{
    struct text content;

    *form_r = FROM_ABSENT;
    if (!take_keyword(rest, TEXT("from")))
        return true;
    *form_r = FROM_WORD;
    if (!take_word(rest, &received->helo))
        return false;
    skip_blanks(rest);
    if (text_starts_with(*rest, TEXT("["))) {
        *form_r = FROM_SERVER;
        return take_literal(rest, &received->client);
    }
    if (!text_starts_with(*rest, TEXT("(")))
        return true;
    *form_r = FROM_CLIENT;
    return take_comment(rest, &content) && read_tcp_info(content, received);
}

enum protocol { PROTOCOL_NONE, PROTOCOL_SMTP, PROTOCOL_LMTP, PROTOCOL_LOCAL, PROTOCOL_OTHER };

/* RFC 3848, RFC 6531 §4.3, and Exim's own. */
static const struct {
    const char *word;
    enum protocol protocol;
    bool is_authenticated;
} protocols[] = {
    {"SMTP",       PROTOCOL_SMTP,  false},
    {"ESMTP",      PROTOCOL_SMTP,  false},
    {"SMTPS",      PROTOCOL_SMTP,  false},
    {"ESMTPS",     PROTOCOL_SMTP,  false},
    {"ESMTPA",     PROTOCOL_SMTP,  true },
    {"ESMTPSA",    PROTOCOL_SMTP,  true },
    {"UTF8SMTP",   PROTOCOL_SMTP,  false},
    {"UTF8SMTPS",  PROTOCOL_SMTP,  false},
    {"UTF8SMTPA",  PROTOCOL_SMTP,  true },
    {"UTF8SMTPSA", PROTOCOL_SMTP,  true },
    {"LMTP",       PROTOCOL_LMTP,  false},
    {"LMTPS",      PROTOCOL_LMTP,  false},
    {"UTF8LMTP",   PROTOCOL_LMTP,  false},
    {"UTF8LMTPS",  PROTOCOL_LMTP,  false},
    {"local",      PROTOCOL_LOCAL, false},
};

static enum protocol take_protocol(struct text *rest, struct received *received)
{
    struct text word;

    skip_comments(rest);
    if (take_keyword(rest, TEXT("via")) && !take_word(rest, &word))
        return PROTOCOL_OTHER;
    skip_comments(rest);
    if (!take_keyword(rest, TEXT("with")))
        return PROTOCOL_NONE;
    take_keyword(rest, TEXT("Microsoft")); /* SMTP Server */
    if (!take_word(rest, &word))
        return PROTOCOL_OTHER;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (text_equals_nocase(word, text_from_string(protocols[i].word))) {
            received->is_authenticated = protocols[i].is_authenticated;
            return protocols[i].protocol;
        }
    return PROTOCOL_OTHER;
}

static enum received_kind classify(
    enum from_form form, enum protocol protocol, bool is_from_program)
{
    switch (form) {
    case FROM_ABSENT:
        if (protocol != PROTOCOL_NONE)
            return RECEIVED_UNREADABLE;
        return is_from_program ? RECEIVED_FROM_PROGRAM : RECEIVED_WITHIN;
    case FROM_WORD:
        if (protocol == PROTOCOL_LMTP)
            return RECEIVED_WITHIN;
        return protocol == PROTOCOL_LOCAL ? RECEIVED_FROM_PROGRAM : RECEIVED_UNREADABLE;
    case FROM_CLIENT:
        return protocol == PROTOCOL_SMTP ? RECEIVED_BY_SMTP : RECEIVED_BY_OTHER;
    case FROM_SERVER:
        break;
    }
    return protocol == PROTOCOL_OTHER ? RECEIVED_BY_OTHER : RECEIVED_UNREADABLE;
}

struct received received_parse(struct text value)
{
    static const struct received unreadable = {.kind = RECEIVED_UNREADABLE};
    struct received received = unreadable;
    struct text rest = value, host, comment, ahead;
    bool is_from_program;
    enum from_form form;

    if (value.len > RECEIVED_BYTES_MAX || text_find(value, '\0') != value.len ||
        !take_from(&rest, &received, &form))
        return unreadable;
    if (form != FROM_ABSENT)
        skip_comments(&rest);
    if (!take_keyword(&rest, TEXT("by")) || !take_word(&rest, &host))
        return unreadable;
    ahead = rest;
    is_from_program =
        take_comment(&ahead, &comment) && text_starts_with(comment, TEXT("Postfix, from userid "));
    received.kind = classify(form, take_protocol(&rest, &received), is_from_program);
    return received.kind == RECEIVED_UNREADABLE ? unreadable : received;
}
