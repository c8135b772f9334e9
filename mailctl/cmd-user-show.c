/* SPDX-License-Identifier: MIT */

/* user show: one view of all that concerns a user. */

#include "lib/store/alias.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/forward.h"
#include "lib/store/sender.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"
#include "mailctl/user-options.h"
#include "mailctl/user-view.h"

/* All that concerns one user. */
struct view {
    struct user user;
    int64_t password_changed; /* 0: there is none */
    struct app_password_list app_passwords;
    struct forward forward;
    struct alias_list aliases;
    struct sender_list senders; /* what the user may write as */
};

static int read_passwords(struct invocation *invocation, struct view *view)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_READ, &status);
    enum err err;

    if (store == NULL)
        return status;
    err = credential_time(store, view->user.address, &view->password_changed);
    if (err == ERR_NONE || err == ERR_ABSENT)
        err = app_password_list(store, view->user.address, invocation->arena, &view->app_passwords);
    return err == ERR_NONE ? EX_OK : directory_fail(invocation, store, EX_NOUSER);
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

static struct text tell_password(const struct invocation *invocation, const struct view *view)
{
    if (view->password_changed == 0)
        return TEXT("none");
    return arena_print(invocation->arena, "set %s%s",
        directory_time(invocation, view->password_changed).data,
        view->user.needs_app_password ? "; lets nobody in: app passwords are required" : "");
}

static struct text tell_app_passwords(const struct invocation *invocation, const struct view *view)
{
    size_t count = view->app_passwords.count;
    struct text *labels = arena_alloc_zero(invocation->arena, count + 1, sizeof *labels);

    for (size_t i = 0; i < count; i++)
        labels[i] = view->app_passwords.items[i].label;
    return join(invocation, labels, count);
}

static struct text tell_forward(const struct invocation *invocation, const struct view *view)
{
    struct text targets = join(invocation, view->forward.targets, view->forward.target_count);

    if (view->forward.target_count == 0)
        return targets;
    return arena_print(invocation->arena, "%.*s (%s a copy)", TEXT_ARGS(targets),
        view->forward.keeps_copy ? "with" : "without");
}

static struct text tell_quota(const struct invocation *invocation, const struct user *user)
{
    struct text quota = directory_quota(invocation, user->quota_bytes);

    return user->inherits_quota
               ? arena_print(invocation->arena, "%.*s (the domain's)", TEXT_ARGS(quota))
               : quota;
}

static json_t *texts_to_json(const struct text *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, output_json_text(texts[i]));
    return array;
}

static json_t *app_passwords_to_json(const struct view *view)
{
    json_t *array = json_array();

    for (size_t i = 0; i < view->app_passwords.count; i++) {
        const struct app_password *password = &view->app_passwords.items[i];

        json_array_append_new(array,
            json_pack("{s:I, s:o, s:o}", "id", (json_int_t)password->id, "label",
                output_json_text(password->label), "last_used",
                password->last_used != 0 ? directory_json_time(password->last_used) : json_null()));
    }
    return array;
}

static json_t *view_to_json(const struct invocation *invocation, const struct view *view)
{
    json_t *json = user_view_json(invocation, &view->user);
    json_t *aliases = json_array();

    for (size_t i = 0; i < view->aliases.count; i++)
        json_array_append_new(aliases, output_json_text(view->aliases.items[i].address));
    json_object_set_new(json, "password_changed",
        view->password_changed == 0 ? json_null() : directory_json_time(view->password_changed));
    json_object_set_new(json, "aliases", aliases);
    json_object_set_new(json, "writes_as", texts_to_json(view->senders.items, view->senders.count));
    json_object_set_new(
        json, "forward_to", texts_to_json(view->forward.targets, view->forward.target_count));
    json_object_set_new(json, "keeps_copy", json_boolean(view->forward.keeps_copy));
    json_object_set_new(json, "app_passwords", app_passwords_to_json(view));
    return json;
}

static void print_view(struct invocation *invocation, const struct view *view)
{
    static const char *const names[] = {"address", "name", "quota", "enabled", "created", "logins",
        "password", "app passwords", "forward", "aliases", "writes as", NULL};
    const struct user *user = &view->user;
    const struct text values[] = {
        user->address,
        user->display_name,
        tell_quota(invocation, user),
        directory_yes_no(user->enabled),
        directory_time(invocation, user->created),
        protocols_text(user->protocols, invocation->arena),
        tell_password(invocation, view),
        tell_app_passwords(invocation, view),
        tell_forward(invocation, view),
        join_aliases(invocation, &view->aliases),
        join(invocation, view->senders.items, view->senders.count),
    };

    listing_print_fields(invocation, names, values, view_to_json(invocation, view));
}

static int read_directory(struct invocation *invocation, struct store *store, struct view *view)
{
    struct text address = view->user.address;
    struct arena *arena = invocation->arena;
    enum err err = user_find(store, address, arena, &view->user);

    if (err == ERR_NONE)
        err = alias_list_by_target(store, address, arena, &view->aliases);
    if (err == ERR_NONE)
        err = sender_list_addresses(store, address, SENDER_NAMES_MAX, arena, &view->senders);
    if (err == ERR_NONE) {
        err = forward_find(store, address, arena, &view->forward);
        if (err == ERR_ABSENT)
            err = ERR_NONE;
    }
    return err == ERR_NONE ? EX_OK : directory_fail(invocation, store, EX_NOUSER);
}

static int run_show(struct invocation *invocation)
{
    struct view view = {.forward = {.keeps_copy = true}};
    struct store *store;
    int status = user_options_address(invocation, &view.user);

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    status = read_directory(invocation, store, &view);
    if (status == EX_OK)
        status = read_passwords(invocation, &view);
    if (status == EX_OK)
        print_view(invocation, &view);
    return status;
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
