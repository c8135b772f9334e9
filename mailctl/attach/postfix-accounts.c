/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-accounts.h"

#include <pwd.h>

#include "lib/store/alias.h"
#include "lib/store/user.h"
#include "mailctl/attach/postfix-instance.h"
#include "mailctl/program.h"

/* As login.defs has it: below are the system's own accounts, above nobody. */
#define UID_FIRST 1000
#define UID_LAST 59999
/* So many are named. */
#define NAMED_MAX 3

static const struct {
    const char *table; /* of ours, in which Postfix finds accounts (postfix-tables.c) */
    const char *loss;
} uses[] = {
    [POSTFIX_ACCOUNTS_MAIL] = {"gatepost_accounts",       "get no more mail at"         },
    [POSTFIX_ACCOUNTS_SENDER] = {"gatepost_system_senders", "may no longer send as one at"},
};

/* A person, not a program. */
static bool is_person(const struct passwd *account)
{
    struct text shell = text_from_string(account->pw_shell);

    return account->pw_uid >= UID_FIRST && account->pw_uid <= UID_LAST &&
           !text_ends_with_nocase(shell, TEXT("/nologin")) &&
           !text_ends_with_nocase(shell, TEXT("/false"));
}

/* In the directory the address counts before the whole of the domain does. */
static bool is_known(struct store *store, struct text address, struct arena *arena)
{
    struct user user;
    struct alias alias;

    return user_find(store, address, arena, &user) != ERR_ABSENT ||
           alias_find(store, address, arena, &alias) != ERR_ABSENT;
}

/* Whether Postfix has that address for an account, by the table's value. */
static bool is_served(
    const struct postfix_instance *instance, const char *table, struct text address)
{
    struct text value = postfix_instance_value(instance, text_from_string(table)), found;

    return value.len != 0 &&
           postfix_instance_query(instance, arena_copy_string(instance->arena, value),
               arena_copy_string(instance->arena, address), &found, NULL) == ERR_NONE &&
           found.len != 0;
}

/* One account's address; all others of the domain are as it is. */
static bool is_affected(const struct postfix_instance *instance, const char *table,
    struct store *store, struct text address, size_t count)
{
    return !is_known(store, address, instance->arena) &&
           (count != 0 || is_served(instance, table, address));
}

/* "bob, carol"; *count_r: how many there are, past NAMED_MAX one more at most. */
static struct text find_affected(const struct postfix_instance *instance, const char *table,
    struct store *store, struct text domain, size_t *count_r)
{
    struct text names = TEXT("");
    const struct passwd *account;
    size_t count = 0;

    setpwent();
    while (count <= NAMED_MAX && (account = getpwent()) != NULL) {
        struct text address =
            arena_print(instance->arena, "%s@%.*s", account->pw_name, TEXT_ARGS(domain));

        if (!is_person(account) || !is_affected(instance, table, store, address, count))
            continue;
        if (count < NAMED_MAX)
            names = arena_print(instance->arena, "%.*s%s%s", TEXT_ARGS(names),
                count != 0 ? ", " : "", account->pw_name);
        count++;
    }
    endpwent();
    *count_r = count;
    return names;
}

void postfix_accounts_warn(struct invocation *invocation, struct store *store, struct text domain,
    enum postfix_accounts_use use)
{
    struct postfix_instance instance;
    struct text names;
    size_t count = 0;

    if (!program_exists("postconf") ||
        postfix_instance_open(NULL, invocation->arena, &instance, NULL) != ERR_NONE)
        return;
    names = find_affected(&instance, uses[use].table, store, domain, &count);
    if (count != 0)
        invocation_warn(invocation,
            "accounts of this system that are no users of the directory %s %.*s: %.*s%s; make them"
            " users first (\"mailctl user add\")",
            uses[use].loss, TEXT_ARGS(domain), TEXT_ARGS(names),
            count > NAMED_MAX ? " and others" : "");
}
