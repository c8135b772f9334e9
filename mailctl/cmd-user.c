/* SPDX-License-Identifier: MIT */

/* user list, set, delete. */

#include <stdio.h>

#include "lib/dns/name.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/relayhost.h"
#include "lib/store/user.h"
#include "mailctl/alias-route.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/forward-options.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"
#include "mailctl/user-options.h"
#include "mailctl/user-view.h"

/* --- user list --- */

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct user *user = item;

    cells[0] = user->address;
    cells[1] = user->display_name;
    cells[2] = directory_quota(invocation, user->quota_bytes);
    cells[3] = directory_yes_no(user->enabled);
    cells[4] = directory_time(invocation, user->created);
}

/* In the form of the directory: lower case, and a domain that is written out in its form there. */
static struct text fold_pattern(struct text given, struct arena *arena)
{
    size_t at = text_find_last(given, '@');
    struct text domain = text_skip(given, at + 1);
    char *lower = arena_copy_string(arena, given);

    text_lower_bytes(lower, given.len);
    if (at < given.len && dns_name_normalize(domain, arena, &domain))
        return arena_print(arena, "%.*s@%.*s", (int)at, lower, TEXT_ARGS(domain));
    return text_from_bytes(lower, given.len);
}

/* Empty where none is given. */
static int read_pattern(struct invocation *invocation, const char *match, struct text *pattern_r)
{
    struct text given = text_from_string(match);

    if (match != NULL &&
        (given.len == 0 || given.len > USER_ADDRESS_MAX || text_has_control(given)))
        return invocation_bad_value(
            invocation, "match", "a pattern like 'ali*' or '*@example.org'", match);
    *pattern_r = match != NULL ? fold_pattern(given, invocation->arena) : TEXT("");
    return EX_OK;
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"user", "name", "quota", "enabled", "created", NULL};
    static const struct listing listing = {headings, sizeof(struct user), to_cells, user_view_json};
    const char *match = invocation_value(invocation, "match");
    struct text domain, pattern = TEXT("");
    struct user_list list;
    struct store *store = NULL;
    int status = read_pattern(invocation, match, &pattern);
    enum err err;

    if (status == EX_OK)
        status = directory_open_list(invocation, &domain, &store);
    if (store == NULL)
        return status;
    if (match != NULL)
        err = user_list_matching(store, domain, pattern, invocation->arena, &list);
    else
        err = user_list(store, domain, invocation->arena, &list);
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const struct command_option list_options[] = {
    {"match", "PATTERN", "those whose address fits; * stands for anything, ? for one character"},
    {NULL,    NULL,      NULL                                                                  },
};
static const char *const list_examples[] = {"mailctl user list",
    "mailctl user list example.org --json", "mailctl user list --match 'ali*'", NULL};

const struct command command_user_list = {
    .noun = "user",
    .verb = "list",
    .arguments = "[DOMAIN]",
    .arguments_max = 1,
    .options = list_options,
    .help = "list the users, of all domains or of one",
    .details = "A pattern without \"@\" is one of what stands before it.",
    .examples = list_examples,
    .run = run_list,
};

/* --- user set --- */

static int run_set(struct invocation *invocation)
{
    struct user user = {.address = TEXT_NONE};
    struct store *store = NULL;
    int status = user_options_find(invocation, STORE_WRITE, &store, &user);

    if (status != EX_OK)
        return status;
    if (!user_options_are_given(invocation) && !forward_options_are_given(invocation))
        return invocation_complain(
            invocation, EX_USAGE, "set what? (\"mailctl user set --help\" lists the options)");
    /* Once more, now that nobody else can change what stays as it is. */
    store_begin(store);
    if (user_find(store, user.address, invocation->arena, &user) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    status = user_options_read(invocation, &user);
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    if (user_update(store, &user) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    if (forward_options_are_given(invocation))
        status = forward_options_apply(invocation, store, &user);
    if (status == EX_OK)
        status = directory_end(invocation, store);
    if (status != EX_OK)
        return status;
    directory_say(invocation, user.address, "changed", NULL);
    dovecot_cache_forget(invocation, user.address);
    return EX_OK;
}

static const struct command_option set_options[] = {
    USER_OPTIONS,
    FORWARD_OPTIONS,
    {NULL, NULL, NULL},
};
static const char *const set_examples[] = {"mailctl user set alice@example.org --quota 5G",
    "mailctl user set alice@example.org --forward-to alice@example.net --no-copy",
    "mailctl user set bob@example.org --protocols imap,submission --require-app-passwords",
    "mailctl user set bob@example.org --disable", NULL};

const struct command command_user_set = {
    .noun = "user",
    .verb = "set",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = set_options,
    .help = "change a user's name, quota, logins, or where mail goes",
    .details = "What no option names stays as it is.",
    .examples = set_examples,
    .run = run_set,
};

/* --- user delete --- */

/* Passwords without their user serve nobody, so the user goes first. */
static int delete_password(struct invocation *invocation, struct text address)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_WRITE, &status);
    enum err err;

    if (store == NULL)
        return status;
    err = credential_delete(store, address);
    if (err == ERR_NONE || err == ERR_ABSENT)
        err = app_password_delete_all(store, address);
    if (err == ERR_NONE)
        err = relayhost_forget(store, address);
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    return EX_OK;
}

static int remove_user(struct invocation *invocation, struct store *store, const void *context)
{
    const struct user *user = context;

    if (user_delete(store, user->address) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    return EX_OK;
}

static int run_delete(struct invocation *invocation)
{
    struct user user = {.address = TEXT_NONE};
    struct store *store = NULL;
    int status = user_options_find(invocation, STORE_WRITE, &store, &user);
    struct directory_removal removal = {
        .hint = "; the mail itself stays where it is", .remove = remove_user, .context = &user};

    if (status != EX_OK)
        return status;
    removal.name = removal.target = user.address;
    removal.question =
        arena_print(invocation->arena, "Delete the user %.*s?", TEXT_ARGS(user.address)).data;
    status = directory_remove(invocation, store, &removal);
    if (status == EX_OK && !invocation->dry_run)
        status = delete_password(invocation, user.address);
    if (status == EX_OK)
        dovecot_cache_forget(invocation, user.address);
    return status;
}

static const struct command_option delete_options[] = {
    ALIAS_ROUTE_OPTION,
    {NULL, NULL, NULL},
};
static const char *const delete_examples[] = {"mailctl user delete bob@example.org",
    "mailctl --yes user delete bob@example.org --aliases delete", NULL};

const struct command command_user_delete = {
    .noun = "user",
    .verb = "delete",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = delete_options,
    .help = "delete a user and the password",
    .details =
        "Asks first. Mail that has been delivered is left alone. Where aliases lead to the\n"
        "user, say what becomes of them: \"delete\" takes the user out of them, and deletes\n"
        "those that lead to nobody else.",
    .examples = delete_examples,
    .run = run_delete,
};
