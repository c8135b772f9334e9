/* SPDX-License-Identifier: MIT */
#include "authd/table-relay.h"

#include "authd/account.h"
#include "lib/dns/name.h"
#include "lib/store/mailbox.h"

/* The domain of an address that is switched on; ERR_ABSENT where it is none of ours. */
static enum err find_domain(struct directory *directory, struct text key, struct arena *arena,
    struct domain *domain_r, struct failure *failure)
{
    struct text local_part, domain, name;
    enum err err;

    if (!mailbox_split(key, &local_part, &domain) || local_part.len == 0 ||
        domain.len > DNS_NAME_MAX * 4 || !dns_name_normalize(domain, arena, &name))
        return ERR_ABSENT;
    err = directory_domain(directory, name, arena, domain_r, failure);
    return err == ERR_NONE && !domain_r->enabled ? ERR_ABSENT : err;
}

/* RFC 5321 §4.5.1: who passes mail on takes what is for postmaster, too. */
static bool is_postmaster(struct text address)
{
    return text_equals(text_head(address, text_find_last(address, '@')), TEXT("postmaster"));
}

/*
 * What can stand in no list, as a quoted local part, is looked for as "@domain", which stands in
 * none either: so a relay without a list takes it.
 */
static struct text listed_form(struct text key, const struct domain *domain, struct arena *arena)
{
    struct text address;

    if (account_address_fold(key, false, arena, &address))
        return address;
    return arena_print(arena, "@%.*s", TEXT_ARGS(domain->name));
}

enum err table_relay_recipient(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct domain domain;
    struct text address, bare;
    enum err err = find_domain(directory, key, arena, &domain, failure);

    if (err != ERR_NONE)
        return err;
    if (domain.kind != DOMAIN_RELAY)
        return ERR_ABSENT;
    address = listed_form(key, &domain, arena);
    err = directory_relay_accepts(directory, address, failure);
    if (err == ERR_ABSENT &&
        mailbox_strip_extension(address, directory_delimiter(directory), arena, &bare))
        err = directory_relay_accepts(directory, bare, failure);
    if (err == ERR_ABSENT && is_postmaster(address))
        err = ERR_NONE;
    if (err == ERR_NONE)
        buffer_append_text(value, domain.name);
    return err;
}

/* Postfix asks a socketmap for whole addresses, and for "*" in place of all others. */
enum err table_transport(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct domain domain;
    enum err err = find_domain(directory, key, arena, &domain, failure);

    if (err == ERR_NONE && text_is_empty(domain.transport))
        return ERR_ABSENT;
    if (err == ERR_NONE)
        buffer_append_text(value, domain.transport);
    return err;
}

/* --- hosts of senders --- */

/* Of the address, of the address without its extension, or of its domain. */
static enum err find_relayhost(struct directory *directory, struct text address,
    struct arena *vault, struct relayhost *relayhost_r, struct failure *failure)
{
    enum err err = directory_relayhost(directory, address, vault, relayhost_r, failure);
    struct text bare;

    if (err == ERR_ABSENT &&
        mailbox_strip_extension(address, directory_delimiter(directory), vault, &bare))
        err = directory_relayhost(directory, bare, vault, relayhost_r, failure);
    if (err == ERR_ABSENT)
        err =
            directory_relayhost(directory, mailbox_catch_all(address), vault, relayhost_r, failure);
    return err;
}

/*
 * Both tables go by this, so that a password is only given for a sender whose mail goes to the host
 * that it is for; but for mail that Postfix has found the way of before the host was changed.
 * Postfix asks for hosts as well, which have no "@" and no answer.
 */
static enum err take_relayhost(struct directory *directory, struct text key, struct arena *vault,
    struct relayhost *relayhost_r, struct failure *failure)
{
    struct domain domain;
    struct text address;
    enum err err = find_domain(directory, key, vault, &domain, failure);

    if (err == ERR_NONE && !account_address_fold(key, false, vault, &address))
        return ERR_ABSENT;
    return err == ERR_NONE ? find_relayhost(directory, address, vault, relayhost_r, failure) : err;
}

enum err table_sender_transport(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct arena *vault = arena_new();
    struct relayhost relayhost;
    enum err err = take_relayhost(directory, key, vault, &relayhost, failure);

    (void)arena;
    if (err == ERR_NONE)
        buffer_append_format(value, "%s:%.*s",
            text_is_empty(relayhost.login) ? "smtp" : "relayauth", TEXT_ARGS(relayhost.host));
    arena_free_wiped(&vault);
    return err;
}

enum err table_relay_password(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct arena *vault = arena_new();
    struct relayhost relayhost;
    enum err err = take_relayhost(directory, key, vault, &relayhost, failure);

    (void)arena;
    if (err == ERR_NONE && text_is_empty(relayhost.login))
        err = ERR_ABSENT;
    if (err == ERR_NONE)
        buffer_append_format(
            value, "%.*s:%.*s", TEXT_ARGS(relayhost.login), TEXT_ARGS(relayhost.password));
    arena_free_wiped(&vault);
    return err;
}
