/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/mailauth-author.h"

#include "lib/dns/name.h"

static const struct header_field *find_from(const struct message *message)
{
    for (size_t i = 0; i < message_field_count(message); i++)
        if (text_equals_nocase(message_field(message, i)->name, TEXT("From")))
            return message_field(message, i);
    return NULL;
}

/* False where it is one too many. */
static bool add_domain(struct mailauth_author *author, struct text domain)
{
    for (size_t i = 0; i < author->domain_count; i++)
        if (text_equals(author->domains[i], domain))
            return true;
    if (author->domain_count == MAILAUTH_AUTHORS_MAX)
        return false;
    author->domains[author->domain_count++] = domain;
    return true;
}

static void set_address(
    struct mailauth_author *author, const struct header_address *address, struct arena *arena)
{
    author->address =
        arena_print(arena, "%.*s@%.*s", TEXT_ARGS(address->local_part), TEXT_ARGS(address->domain));
}

/* --- a field that is no address list, or one with an address that is none --- */

/* Up to the last letter or digit. */
static struct text without_tail(struct text text)
{
    while (text.len != 0 && !text_is_alnum(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The plain bytes of a name at the start, quotes and odd blanks before them left out. */
static struct text plain_part(struct text text)
{
    size_t len = 0;

    while (text.len != 0 && !text_is_alnum(text.data[0]))
        text = text_skip(text, 1);
    while (len < text.len && (text_is_alnum(text.data[len]) || text.data[len] == '.' ||
                                 text.data[len] == '-' || text.data[len] == '_'))
        len++;
    return without_tail(text_head(text, len));
}

/* The name that a reader sees there, whatever stands around it. An address literal is none. */
static bool read_domain(struct text written, struct arena *arena, struct text *domain_r)
{
    if (text_starts_with(written, TEXT("[")))
        return false;
    return dns_name_normalize(written, arena, domain_r) ||
           dns_name_normalize(without_tail(written), arena, domain_r) ||
           dns_name_normalize(plain_part(written), arena, domain_r);
}

/*
 * A comma or semicolon outside of quotes. By RFC 5322 §3.4 "Alice, Ltd <a@example.com>" is a list
 * whose first element is no address, and some readers show it so, as two authors; others show one.
 * A quote that is not closed quotes nothing.
 */
static bool is_parted(struct text name)
{
    bool in_quotes = false, in_open_quotes = false;

    for (size_t i = 0; i < name.len; i++) {
        char byte = name.data[i];

        if (byte == '"') {
            in_quotes = !in_quotes;
            in_open_quotes = false;
        } else if (byte == '\\' && in_quotes) {
            i++;
        } else if (byte == ',' || byte == ';') {
            if (!in_quotes)
                return true;
            in_open_quotes = true;
        }
    }
    return in_open_quotes;
}

/*
 * "Alice: sales <a@example.com>": the name should have been quoted, but there is one address, at
 * the end and in brackets, and everybody reads it alike.
 */
static bool read_unquoted_name(
    struct text value, struct arena *arena, const struct header_address **address_r)
{
    struct text trimmed = text_trim(value);
    size_t open = text_find(trimmed, '<'), count;

    return !is_parted(text_head(trimmed, open)) && text_find_last(trimmed, '<') == open &&
           text_find(trimmed, '>') + 1 == trimmed.len &&
           header_parse_addresses(text_skip(trimmed, open), arena, address_r, &count) ==
               HEADER_ADDRESSES_OK;
}

/* Every domain that the field shows. One behind an unquoted name is as good as any other. */
static void salvage(struct mailauth_author *author, struct text value, struct arena *arena)
{
    const struct header_address *address;
    const struct text *found;
    struct text domain;
    size_t count;
    bool is_all = header_salvage_domains(value, arena, &found, &count);

    for (size_t i = 0; i < count; i++)
        if (read_domain(found[i], arena, &domain))
            is_all = add_domain(author, domain) && is_all;
    author->from = is_all ? MAILAUTH_FROM_MALFORMED : MAILAUTH_FROM_TOO_MANY_DOMAINS;
    if (!is_all || author->domain_count != 1 || !read_unquoted_name(value, arena, &address) ||
        !dns_name_normalize(address->domain, arena, &domain))
        return;
    author->from = MAILAUTH_FROM_ONE;
    set_address(author, address, arena);
}

/* --- an address list --- */

/* All domains of the list; an author may write from several mailboxes of one. False where an
   address has none. */
static bool take_domains(struct mailauth_author *author, const struct header_address *addresses,
    size_t count, struct arena *arena)
{
    struct text domain;
    bool is_all = true;

    for (size_t i = 0; i < count; i++) {
        if (!dns_name_normalize(addresses[i].domain, arena, &domain))
            return false;
        is_all = add_domain(author, domain) && is_all;
    }
    if (!is_all)
        author->from = MAILAUTH_FROM_TOO_MANY_DOMAINS;
    else
        author->from =
            author->domain_count == 1 ? MAILAUTH_FROM_ONE : MAILAUTH_FROM_SEVERAL_DOMAINS;
    return count != 0;
}

static void read_field(struct mailauth_author *author, struct text value, struct arena *arena)
{
    const struct header_address *addresses;
    size_t count;

    if (header_parse_addresses(value, arena, &addresses, &count) != HEADER_ADDRESSES_OK) {
        salvage(author, value, arena);
        return;
    }
    if (count != 0)
        set_address(author, &addresses[0], arena);
    if (!take_domains(author, addresses, count, arena))
        salvage(author, value, arena);
}

struct mailauth_author mailauth_author_find(
    const struct message *message, size_t from_count, struct arena *arena)
{
    struct mailauth_author author = {.from = MAILAUTH_FROM_MISSING, .address = TEXT("")};
    const struct header_field *field = find_from(message);

    if (from_count == 0)
        return author;
    author.from = MAILAUTH_FROM_MALFORMED;
    if (field != NULL)
        read_field(&author, field->value, arena);
    if (from_count > 1) {
        author.from = MAILAUTH_FROM_SEVERAL_FIELDS;
        author.domain_count = 0;
    }
    return author;
}
