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

/* The one domain of all addresses; an author may write from several mailboxes of one. */
static enum mailauth_from find_domain(const struct header_address *addresses, size_t count,
    struct arena *arena, struct text *domain_r)
{
    struct text first = TEXT_NONE, domain;

    for (size_t i = 0; i < count; i++) {
        if (!dns_name_normalize(addresses[i].domain, arena, &domain))
            return MAILAUTH_FROM_MALFORMED;
        if (i == 0)
            first = domain;
        else if (!text_equals(first, domain))
            return MAILAUTH_FROM_SEVERAL_DOMAINS;
    }
    if (count == 0)
        return MAILAUTH_FROM_MALFORMED;
    *domain_r = first;
    return MAILAUTH_FROM_ONE;
}

struct mailauth_author mailauth_author_find(
    const struct message *message, size_t from_count, struct arena *arena)
{
    struct mailauth_author author = {
        .from = MAILAUTH_FROM_MISSING, .domain = TEXT(""), .address = TEXT("")};
    const struct header_field *field = find_from(message);
    const struct header_address *addresses;
    size_t count;

    if (from_count == 0)
        return author;
    author.from = from_count == 1 ? MAILAUTH_FROM_MALFORMED : MAILAUTH_FROM_SEVERAL_FIELDS;
    if (field == NULL ||
        header_parse_addresses(field->value, arena, &addresses, &count) != HEADER_ADDRESSES_OK)
        return author;
    if (count != 0)
        author.address = arena_print(
            arena, "%.*s@%.*s", TEXT_ARGS(addresses[0].local_part), TEXT_ARGS(addresses[0].domain));
    if (from_count == 1)
        author.from = find_domain(addresses, count, arena, &author.domain);
    return author;
}
