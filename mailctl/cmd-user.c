/* SPDX-License-Identifier: MIT */

/* user list, show, set, delete. */

#include <stdio.h>

#include "lib/store/alias.h"
#include "lib/store/credential.h"
#include "lib/store/sender.h"
#include "lib/store/user.h"
#include "mailctl/alias-route.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"
#include "mailctl/user-options.h"

/* --- user list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct user *user = item;

    (void)invocation;
    return json_pack("{s:o, s:o, s:I, s:b, s:o}", "address", output_json_text(user->address),
        "name", output_json_text(user->display_name), "quota_bytes", (json_int_t)user->quota_bytes,
        "enabled", user->enabled, "created", directory_json_time(user->created));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct user *user = item;

    cells[0] = user->address;
    cells[1] = user->display_name;
    cells[2] = directory_quota(invocation, user->quota_bytes);
    cells[3] = directory_yes_no(user->enabled);
    cells[4] = directory_time(invocation, user->created);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"user", "name", "quota", "enabled", "created", NULL};
    static const struct listing listing = {headings, sizeof(struct user), to_cells, to_json};
    struct text domain;
    struct user_list list;
    struct store *store = NULL;
    int status = directory_open_list(invocation, &domain, &store);

    if (store == NULL)
        return status;
    if (user_list(store, domain, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {
    "mailctl user list", "mailctl user list example.org --json", NULL};

const struct command command_user_list = {
    .noun = "user",
    .verb = "list",
    .arguments = "[DOMAIN]",
    .arguments_max = 1,
    .help = "list the users, of all domains or of one",
    .examples = list_examples,
    .run = run_list,
};

/* --- user show --- */

/* All that concerns one user. */
struct view {
    struct user user;
    int64_t password_changed; /* 0: there is none */
    struct alias_list aliases;
    struct sender_list senders; /* what the user may write as */
};

static int read_user(struct invocation *invocation, enum store_mode mode, struct store **store_r,
    struct user *user_r)
{
    struct user user = {.enabled = true};
    int status = user_options_address(invocation, &user);

    if (status != EX_OK)
        return status;
    *store_r = invocation_store(invocation, STORE_DIRECTORY, mode, &status);
    if (*store_r == NULL)
        return status;
    if (user_find(*store_r, user.address, invocation->arena, user_r) != ERR_NONE)
        return directory_fail(invocation, *store_r, EX_NOUSER);
    return EX_OK;
}

static int read_password_time(struct invocation *invocation, struct view *view)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_READ, &status);
    enum err err;

    if (store == NULL)
        return status;
    err = credential_time(store, view->user.address, &view->password_changed);
    if (err != ERR_NONE && err != ERR_ABSENT)
        return directory_fail(invocation, store, EX_NOUSER);
    return EX_OK;
}

static struct text join(const struct invocation *invocation, const struct text *names, size_t count)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < count; i++)
        joined = arena_print(invocation->arena, "%.*s%s%.*s", TEXT_ARGS(joined), i != 0 ? ", " : "",
            TEXT_ARGS(names[i]));
    return count != 0 ? joined : TEXT("none");
}

static struct text join_aliases(const struct invocation *invocation, const struct alias_list *list)
{
    struct text *names = arena_alloc_zero(invocation->arena, list->count + 1, sizeof *names);

    for (size_t i = 0; i < list->count; i++)
        names[i] = list->items[i].address;
    return join(invocation, names, list->count);
}

static json_t *view_to_json(const struct invocation *invocation, const struct view *view)
{
    json_t *json = to_json(invocation, &view->user);
    json_t *aliases = json_array(), *senders = json_array();

    for (size_t i = 0; i < view->aliases.count; i++)
        json_array_append_new(aliases, output_json_text(view->aliases.items[i].address));
    for (size_t i = 0; i < view->senders.count; i++)
        json_array_append_new(senders, output_json_text(view->senders.items[i]));
    json_object_set_new(json, "password_changed",
        view->password_changed == 0 ? json_null() : directory_json_time(view->password_changed));
    json_object_set_new(json, "aliases", aliases);
    json_object_set_new(json, "writes_as", senders);
    return json;
}

static void print_view(struct invocation *invocation, const struct view *view)
{
    static const char *const names[] = {
        "address", "name", "quota", "enabled", "created", "password", "aliases", "writes as", NULL};
    const struct user *user = &view->user;
    struct text password = TEXT("none");

    if (view->password_changed != 0)
        password = arena_print(
            invocation->arena, "set %s", directory_time(invocation, view->password_changed).data);
    const struct text values[] = {
        user->address,
        user->display_name,
        directory_quota(invocation, user->quota_bytes),
        directory_yes_no(user->enabled),
        directory_time(invocation, user->created),
        password,
        join_aliases(invocation, &view->aliases),
        join(invocation, view->senders.items, view->senders.count),
    };

    listing_print_fields(invocation, names, values, view_to_json(invocation, view));
}

static int run_show(struct invocation *invocation)
{
    struct view view = {.password_changed = 0};
    struct store *store = NULL;
    int status = read_user(invocation, STORE_READ, &store, &view.user);

    if (status != EX_OK)
        return status;
    if (alias_list_by_target(store, view.user.address, invocation->arena, &view.aliases) !=
            ERR_NONE ||
        sender_list_addresses(store, view.user.address, SENDER_NAMES_MAX, invocation->arena,
            &view.senders) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    status = read_password_time(invocation, &view);
    if (status != EX_OK)
        return status;
    print_view(invocation, &view);
    return EX_OK;
}

static const char *const show_examples[] = {"mailctl user show alice@example.org", NULL};

const struct command command_user_show = {
    .noun = "user",
    .verb = "show",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "show all that concerns a user",
    .examples = show_examples,
    .run = run_show,
};

/* --- user set --- */

static int run_set(struct invocation *invocation)
{
    struct user user = {.address = TEXT_NONE};
    struct store *store = NULL;
    int status = read_user(invocation, STORE_WRITE, &store, &user);

    if (status != EX_OK)
        return status;
    if (!user_options_are_given(invocation))
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
    status = directory_end(invocation, store);
    if (status != EX_OK)
        return status;
    directory_say(invocation, user.address, "changed", NULL);
    dovecot_cache_forget(invocation, user.address);
    return EX_OK;
}

static const struct command_option set_options[] = {
    USER_OPTIONS,
    {NULL, NULL, NULL},
};
static const char *const set_examples[] = {"mailctl user set alice@example.org --quota 5G",
    "mailctl user set bob@example.org --disable", NULL};

const struct command command_user_set = {
    .noun = "user",
    .verb = "set",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = set_options,
    .help = "change a user's name, quota, or whether it is enabled",
    .details = "What no option names stays as it is.",
    .examples = set_examples,
    .run = run_set,
};

/* --- user delete --- */

/* A password without its user serves nobody, so the user goes first. */
static int delete_password(struct invocation *invocation, struct text address)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_WRITE, &status);
    enum err err;

    if (store == NULL)
        return status;
    err = credential_delete(store, address);
    if (err != ERR_NONE && err != ERR_ABSENT)
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
    int status = read_user(invocation, STORE_WRITE, &store, &user);
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
