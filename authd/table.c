/* SPDX-License-Identifier: MIT */
#include "authd/table.h"

#include "authd/account.h"
#include "authd/table-relay.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/dns/name.h"
#include "lib/store/mailbox.h"

#define KEY_LOG_MAX 400

/* ERR_NONE where the domain is ours and switched on. */
static enum err domain_serves(
    struct directory *directory, struct text name, struct arena *arena, struct failure *failure)
{
    struct domain domain;
    enum err err = directory_domain(directory, name, arena, &domain, failure);

    return err == ERR_NONE && !domain.enabled ? ERR_ABSENT : err;
}

static struct text domain_of(struct text address)
{
    return text_skip(address, text_find_last(address, '@') + 1);
}

/* Folds the key; ERR_ABSENT where it is no address, or none in a domain that we serve. */
static enum err take_address(struct directory *directory, struct text key, bool catch_all,
    struct arena *arena, struct text *address_r, struct failure *failure)
{
    if (!account_address_fold(key, catch_all, arena, address_r))
        return ERR_ABSENT;
    return domain_serves(directory, domain_of(*address_r), arena, failure);
}

/* The name of a domain that is switched on, and a relay or none. */
static enum err answer_name(struct directory *directory, struct text key, bool is_relay,
    struct arena *arena, struct buffer *value, struct failure *failure)
{
    struct domain domain;
    struct text name;
    enum err err;

    if (key.len > DNS_NAME_MAX * 4 || !dns_name_normalize(key, arena, &name))
        return ERR_ABSENT;
    err = directory_domain(directory, name, arena, &domain, failure);
    if (err == ERR_NONE && (!domain.enabled || (domain.kind == DOMAIN_RELAY) != is_relay))
        return ERR_ABSENT;
    if (err == ERR_NONE)
        buffer_append_text(value, name);
    return err;
}

static enum err answer_domain(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    return answer_name(directory, key, false, arena, value, failure);
}

static enum err answer_relay(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    return answer_name(directory, key, true, arena, value, failure);
}

/* The user of that very address, or else of the address without its extension. */
static enum err find_user(struct directory *directory, struct text address, struct arena *arena,
    struct user *user_r, struct failure *failure)
{
    enum err err = directory_user(directory, address, arena, user_r, failure);
    struct text bare;

    if (err == ERR_ABSENT &&
        mailbox_strip_extension(address, directory_delimiter(directory), arena, &bare))
        err = directory_user(directory, bare, arena, user_r, failure);
    return err;
}

static enum err answer_mailbox(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct text address;
    struct user user;
    enum err err;

    if (!account_address_fold(key, false, arena, &address))
        return ERR_ABSENT;
    err = find_user(directory, address, arena, &user, failure);
    if (err == ERR_NONE && !user.domain_enabled)
        return ERR_ABSENT;
    if (err == ERR_NONE)
        buffer_append_format(
            value, "%.*s/%.*s/", TEXT_ARGS(user.domain), TEXT_ARGS(user.local_part));
    return err;
}

/* Appends a name to a list with commas; ERR_LIMIT where Postfix would not read it. */
static enum err append_name(struct buffer *value, struct text name, struct failure *failure)
{
    if (value->len + name.len + 1 > TABLE_ANSWER_MAX)
        return failure_set(
            failure, ERR_LIMIT, "the answer is longer than %zu bytes", TABLE_ANSWER_MAX);
    if (value->len != 0)
        buffer_append_byte(value, ',');
    buffer_append_text(value, name);
    return ERR_NONE;
}

/*
 * Postfix asks a socketmap for whole addresses alone: neither without the extension nor for
 * "@domain" behind them. So both are ours to try.
 */
static enum err answer_alias(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct text address;
    struct alias alias;
    enum err err = take_address(directory, key, true, arena, &address, failure);

    if (err == ERR_NONE)
        err = directory_route(directory, address, arena, &alias, failure);
    if (err == ERR_NONE && alias.target_count == 0)
        return append_name(value, address, failure);
    for (size_t i = 0; err == ERR_NONE && i < alias.target_count; i++)
        err = append_name(value, alias.targets[i], failure);
    return err;
}

/* An address of another site's domain may have been granted. */
static enum err answer_sender(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct text address;
    struct sender_list list = {NULL, 0};
    struct domain domain;
    enum err err;

    if (!account_address_fold(key, true, arena, &address))
        return ERR_ABSENT;
    err = directory_domain(directory, domain_of(address), arena, &domain, failure);
    if (err == ERR_NONE && !domain.enabled)
        return ERR_ABSENT;
    if (err == ERR_NONE || err == ERR_ABSENT)
        err = directory_senders(directory, address, arena, &list, failure);
    for (size_t i = 0; err == ERR_NONE && i < list.count; i++)
        err = append_name(value, list.items[i], failure);
    return err == ERR_NONE && value->len == 0 ? ERR_ABSENT : err;
}

/* Whether an address that we have never made, or made long ago, came in is for the log to say. */
static void log_refused(struct text key, enum srs_reverse outcome)
{
    char address[KEY_LOG_MAX];

    log_info(NULL, "srs: to=<%s> is refused: %s",
        log_safe(key.data, key.len, address, sizeof address), srs_reverse_word(outcome));
}

static enum err answer_srs(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct arena *vault = arena_new();
    enum srs_reverse outcome = SRS_FOREIGN;
    struct srs_rules rules;
    struct text sender = TEXT_NONE;
    enum err err = directory_srs(directory, vault, &rules, failure);

    if (err == ERR_NONE)
        outcome = srs_reverse(&rules, key, clock_wall(), arena, &sender);
    arena_free_wiped(&vault);
    if (outcome == SRS_REVERSED)
        buffer_append_text(value, sender);
    else if (outcome != SRS_FOREIGN)
        log_refused(key, outcome);
    return err == ERR_NONE && outcome != SRS_REVERSED ? ERR_ABSENT : err;
}

static const struct table tables[] = {
    {"domains",           "the mail domains of this site",          answer_domain,          false},
    {"relays",            "the domains whose mail is passed on",    answer_relay,           false},
    {"relay-recipients",  "who there is in them",                   table_relay_recipient,  false},
    {"transports",        "where their mail goes on to",            table_transport,        false},
    {"sender-transports", "where mail of a sender goes out",        table_sender_transport, false},
    {"relay-passwords",   "how a sender logs in there",             table_relay_password,   true },
    {"mailboxes",         "the mailboxes of users",                 answer_mailbox,         false},
    {"aliases",           "where mail to an address goes",          answer_alias,           false},
    {"senders",           "the logins that may send as an address", answer_sender,          false},
    {"srs",               "who a sender of forwarded mail was",     answer_srs,             false},
};

const struct table *table_find(struct text name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (text_equals(name, text_from_string(tables[i].name)))
            return &tables[i];
    return NULL;
}
