/* SPDX-License-Identifier: MIT */
#include "authd/table.h"

#include "authd/account.h"
#include "lib/base/map.h"
#include "lib/dns/name.h"

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

static enum err answer_domain(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct text name;
    enum err err;

    if (key.len > DNS_NAME_MAX * 4 || !dns_name_normalize(key, arena, &name))
        return ERR_ABSENT;
    err = domain_serves(directory, name, arena, failure);
    if (err == ERR_NONE)
        buffer_append_text(value, name);
    return err;
}

/*
 * Postfix asks a socketmap for whole addresses alone: neither without the extension nor for
 * "@domain" behind them. So both are ours to try. "joe+list@example.org" becomes
 * "joe@example.org"; false where there is no extension.
 */
static bool strip_extension(struct text address, struct arena *arena, struct text *bare_r)
{
    size_t at = text_find_last(address, '@');
    size_t end = text_find(text_head(address, at), TABLE_DELIMITER);

    if (end == 0 || end == at)
        return false;
    *bare_r = arena_print(
        arena, "%.*s%.*s", TEXT_ARGS(text_head(address, end)), TEXT_ARGS(text_skip(address, at)));
    return true;
}

/* The user of that very address, or else of the address without its extension. */
static enum err find_user(struct directory *directory, struct text address, struct arena *arena,
    struct user *user_r, struct failure *failure)
{
    enum err err = directory_user(directory, address, arena, user_r, failure);
    struct text bare;

    if (err == ERR_ABSENT && strip_extension(address, arena, &bare))
        err = directory_user(directory, bare, arena, user_r, failure);
    return err;
}

static enum err answer_mailbox(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct text address;
    struct user user;
    enum err err = take_address(directory, key, false, arena, &address, failure);

    if (err == ERR_NONE)
        err = find_user(directory, address, arena, &user, failure);
    if (err == ERR_NONE)
        buffer_append_format(
            value, "%.*s/%.*s/", TEXT_ARGS(user.domain), TEXT_ARGS(user.local_part));
    return err;
}

/* An alias that is switched on. */
static enum err find_alias(struct directory *directory, struct text address, struct arena *arena,
    struct alias *alias_r, struct failure *failure)
{
    enum err err = directory_alias(directory, address, arena, alias_r, failure);

    return err == ERR_NONE && !alias_r->enabled ? ERR_ABSENT : err;
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

/* Where an address is nobody's, its catch-all is asked for. */
static struct text catch_all_of(struct text address)
{
    return text_skip(address, text_find_last(address, '@'));
}

/*
 * What stands for an address: its alias, the address itself where it is a mailbox (the extension
 * kept), the same without its extension, and last the catch-all. Where the address is a mailbox,
 * alias_r has no targets.
 */
static enum err resolve_alias(struct directory *directory, struct text address, struct arena *arena,
    struct alias *alias_r, struct failure *failure)
{
    enum err err = find_alias(directory, address, arena, alias_r, failure);
    struct user user;
    struct text bare;

    if (err != ERR_ABSENT || address.data[0] == '@')
        return err;
    *alias_r = (struct alias){.target_count = 0};
    err = directory_user(directory, address, arena, &user, failure);
    if (err == ERR_ABSENT && strip_extension(address, arena, &bare)) {
        err = find_alias(directory, bare, arena, alias_r, failure);
        if (err == ERR_ABSENT) {
            *alias_r = (struct alias){.target_count = 0};
            err = directory_user(directory, bare, arena, &user, failure);
        }
    }
    if (err == ERR_ABSENT)
        err = find_alias(directory, catch_all_of(address), arena, alias_r, failure);
    return err;
}

static enum err answer_alias(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct text address;
    struct alias alias;
    enum err err = take_address(directory, key, true, arena, &address, failure);

    if (err == ERR_NONE)
        err = resolve_alias(directory, address, arena, &alias, failure);
    if (err == ERR_NONE && alias.target_count == 0)
        return append_name(value, address, failure);
    for (size_t i = 0; err == ERR_NONE && i < alias.target_count; i++)
        err = append_name(value, alias.targets[i], failure);
    return err;
}

/* A walk from an address along its aliases to the users at their ends. */
struct walk {
    struct directory *directory;
    struct arena *arena;
    struct buffer *value;
    struct failure *failure;
    struct map *seen;
};

static enum err walk_user(struct walk *walk, struct text address)
{
    struct user user;
    enum err err = directory_user(walk->directory, address, walk->arena, &user, walk->failure);

    if (err == ERR_NONE && user.enabled)
        return append_name(walk->value, user.address, walk->failure);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err walk_from(struct walk *walk, struct text address, unsigned depth);

static enum err walk_targets(struct walk *walk, const struct alias *alias, unsigned depth)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < alias->target_count; i++) {
        struct text target;

        if (account_address_fold(alias->targets[i], false, walk->arena, &target))
            err = walk_from(walk, target, depth + 1);
    }
    return err;
}

/* Each name once; what lies deeper than TABLE_DEPTH_MAX may not send. */
static enum err walk_from(struct walk *walk, struct text address, unsigned depth)
{
    struct alias alias;
    enum err err;

    if (depth > TABLE_DEPTH_MAX || map_put(walk->seen, address, walk) != NULL)
        return ERR_NONE;
    if (map_count(walk->seen) > TABLE_NAMES_MAX)
        return failure_set(
            walk->failure, ERR_LIMIT, "it leads to more than %d names", TABLE_NAMES_MAX);
    err = walk_user(walk, address);
    if (err != ERR_NONE)
        return err;
    err = find_alias(walk->directory, address, walk->arena, &alias, walk->failure);
    if (err == ERR_NONE)
        return walk_targets(walk, &alias, depth);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* Replaces an address that is nobody's by the one that answers for it. */
static enum err find_sender(
    struct directory *directory, struct arena *arena, struct text *address, struct failure *failure)
{
    struct alias alias;
    struct user user;
    struct text bare;
    enum err err = directory_user(directory, *address, arena, &user, failure);

    if (err == ERR_ABSENT)
        err = find_alias(directory, *address, arena, &alias, failure);
    if (err != ERR_ABSENT)
        return err;
    if (strip_extension(*address, arena, &bare)) {
        err = directory_user(directory, bare, arena, &user, failure);
        if (err == ERR_ABSENT)
            err = find_alias(directory, bare, arena, &alias, failure);
        if (err == ERR_NONE)
            *address = bare;
        if (err != ERR_ABSENT)
            return err;
    }
    *address = catch_all_of(*address);
    return ERR_NONE;
}

static enum err answer_sender(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure)
{
    struct walk walk = {directory, arena, value, failure, NULL};
    struct text address;
    enum err err = take_address(directory, key, true, arena, &address, failure);

    if (err != ERR_NONE)
        return err;
    err = find_sender(directory, arena, &address, failure);
    if (err != ERR_NONE)
        return err;
    walk.seen = map_new();
    err = walk_from(&walk, address, 0);
    map_free(&walk.seen);
    return err == ERR_NONE && value->len == 0 ? ERR_ABSENT : err;
}

static const struct table tables[] = {
    {"domains",   "the mail domains of this site",          answer_domain },
    {"mailboxes", "the mailboxes of users",                 answer_mailbox},
    {"aliases",   "where mail to an address goes",          answer_alias  },
    {"senders",   "the logins that may send as an address", answer_sender },
};

const struct table *table_find(struct text name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (text_equals(name, text_from_string(tables[i].name)))
            return &tables[i];
    return NULL;
}
