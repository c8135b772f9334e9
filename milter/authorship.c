/* SPDX-License-Identifier: MIT */
#include "milter/authorship.h"

#include "milter/address.h"

/* The authors of all From fields together. */
#define AUTHORS_MAX HEADER_ADDRESSES_MAX

struct authors {
    struct text items[AUTHORS_MAX];
    size_t count;
    struct text unreadable; /* a field whose authors cannot be told */
};

/* A system user's login has no domain, and is nobody in the directory. */
static struct text fold_login(struct text login, struct arena *arena)
{
    size_t at = text_find_last(login, '@');
    struct text folded;

    if (at < login.len &&
        address_fold(text_head(login, at), text_skip(login, at + 1), arena, &folded))
        return folded;
    return login;
}

static bool add_authors(struct authors *authors, struct text value, struct arena *arena)
{
    const struct header_address *addresses;
    size_t count;

    /* An empty group names nobody, and readers are shown its name. */
    if (header_parse_addresses(value, arena, &addresses, &count) != HEADER_ADDRESSES_OK ||
        count == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct text *author = &authors->items[authors->count];

        if (authors->count == AUTHORS_MAX ||
            !address_fold(addresses[i].local_part, addresses[i].domain, arena, author))
            return false;
        authors->count++;
    }
    return true;
}

static void read_authors(
    struct authors *authors, const struct message *message, struct arena *arena)
{
    for (size_t i = 0; i < message_field_count(message); i++) {
        const struct header_field *field = message_field(message, i);

        if (text_equals_nocase(field->name, TEXT("From")) &&
            !add_authors(authors, field->value, arena))
            authors->unreadable = header_unfold(field->value, arena);
    }
}

/* The one address of the one Sender field (RFC 5322 §3.6.2); else empty. */
static struct text read_sender(const struct message *message, struct arena *arena)
{
    struct authors senders = {.count = 0};

    for (size_t i = 0; i < message_field_count(message); i++)
        if (text_equals_nocase(message_field(message, i)->name, TEXT("Sender")) &&
            !add_authors(&senders, message_field(message, i)->value, arena))
            return TEXT_NONE;
    return senders.count == 1 ? senders.items[0] : TEXT_NONE;
}

enum err authorship_check(const struct passage *passage, const struct message *message,
    struct authorship *authorship_r, struct failure *failure)
{
    const struct world_rights *rights = &passage->world->rights;
    struct authors authors = {.count = 0, .unreadable = TEXT_NONE};
    struct rights_request request = {.login = fold_login(passage->envelope.login, passage->arena)};
    struct rights_verdict verdict = {.is_allowed = false};
    enum err err;

    read_authors(&authors, message, passage->arena);
    request.authors = authors.items;
    request.author_count = authors.count;
    request.sender = read_sender(message, passage->arena);
    err = rights->judge(rights->context, &request, passage->arena, &verdict, failure);
    if (err != ERR_NONE)
        return err;
    if (verdict.is_allowed && !text_is_empty(authors.unreadable)) {
        verdict.is_allowed = false;
        verdict.refused = authors.unreadable;
    }
    *authorship_r = (struct authorship){
        .is_allowed = verdict.is_allowed,
        .refused = passage_word(passage, text_head(verdict.refused, SESSION_ADDRESS_MAX)),
        .allowed = verdict.allowed,
    };
    return ERR_NONE;
}
