/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/store/alias.h"
#include "mailctl/alias-options.h"
#include "mailctl/alias-route.h"
#include "mailctl/attach/postfix-accounts.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

/* --- alias add --- */

static int run_add(struct invocation *invocation)
{
    struct mailbox_argument mailbox;
    struct alias alias = {.enabled = true};
    struct store *store;
    int status = alias_options_address(invocation, &mailbox);
    enum err err;

    if (status == EX_OK)
        status = alias_options_read(invocation, &alias);
    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    alias.address = mailbox.address;
    status = alias_options_targets(invocation, store, &alias);
    if (status != EX_OK)
        return status;
    err = alias_add(store, &alias, clock_wall());
    if (directory_is_settled(invocation, err)) {
        store_roll_back(store);
        directory_say_settled(invocation, alias.address);
        return EX_OK;
    }
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    status = alias_route_check(invocation, store, alias.address, alias.targets, alias.target_count);
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    status = directory_end(invocation, store);
    if (status != EX_OK)
        return status;
    if (mailbox.local_part.len == 0)
        postfix_accounts_warn(invocation, store, mailbox.domain, POSTFIX_ACCOUNTS_MAIL);
    directory_say(invocation, alias.address, "added", NULL);
    return EX_OK;
}

static const struct command_option add_options[] = {
    ALIAS_OPTIONS,
    {"if-missing", NULL, "be content where it is there already"},
    {NULL,         NULL, NULL                                  },
};
static const char *const add_examples[] = {
    "mailctl alias add info@example.org alice@example.org bob@example.net",
    "mailctl alias add fair@example.org alice@example.org --expires 30d --receive-only",
    "mailctl alias add @example.org alice@example.org", NULL};

const struct command command_alias_add = {
    .noun = "alias",
    .verb = "add",
    .arguments = "ADDRESS TARGET...",
    .arguments_min = 2,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .options = add_options,
    .help = "add an address that stands for others",
    .details =
        "@DOMAIN is the catch-all: it takes what no user and no other alias of the\n"
        "domain takes. Targets may lie in any domain; one of ours that nobody has is warned of,\n"
        "and an alias that leads back to itself, or is on a way of more than ten steps, is\n"
        "refused.",
    .examples = add_examples,
    .run = run_add,
};

/* --- alias list, alias show --- */

static struct text join_targets(const struct invocation *invocation, const struct alias *alias)
{
    struct buffer joined = BUFFER_NONE;
    struct text text;

    for (size_t i = 0; i < alias->target_count; i++) {
        if (i != 0)
            buffer_append_string(&joined, ", ");
        buffer_append_text(&joined, alias->targets[i]);
    }
    text = arena_copy(invocation->arena, buffer_text(&joined));
    buffer_done(&joined);
    return text;
}

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct alias *alias = item;
    json_t *targets = json_array();

    (void)invocation;
    for (size_t i = 0; i < alias->target_count; i++)
        json_array_append_new(targets, output_json_text(alias->targets[i]));
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:b}", "address", output_json_text(alias->address),
        "targets", targets, "enabled", alias->enabled, "created",
        directory_json_time(alias->created), "expires",
        alias->expires != 0 ? directory_json_time(alias->expires) : json_null(), "receive_only",
        alias->receive_only);
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct alias *alias = item;

    cells[0] = alias->address;
    cells[1] = join_targets(invocation, alias);
    cells[2] = directory_yes_no(alias->enabled);
    cells[3] = directory_time(invocation, alias->created);
    cells[4] = directory_expiry(invocation, alias->expires);
    cells[5] = directory_yes_no(!alias->receive_only);
}

static const char *const headings[] = {
    "alias", "targets", "enabled", "created", "expires", "sends", NULL};
static const struct listing listing = {headings, sizeof(struct alias), to_cells, to_json};

static int run_list(struct invocation *invocation)
{
    struct text domain;
    struct alias_list list;
    struct store *store = NULL;
    int status = directory_open_list(invocation, &domain, &store);

    if (store == NULL)
        return status;
    if (alias_list(store, domain, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {"mailctl alias list example.org", NULL};

const struct command command_alias_list = {
    .noun = "alias",
    .verb = "list",
    .arguments = "[DOMAIN]",
    .arguments_max = 1,
    .help = "list the aliases, of all domains or of one",
    .examples = list_examples,
    .run = run_list,
};

static int read_alias(struct invocation *invocation, enum store_mode mode, struct store **store_r,
    struct alias *alias_r)
{
    struct mailbox_argument mailbox;
    int status = alias_options_address(invocation, &mailbox);

    if (status == EX_OK)
        *store_r = invocation_store(invocation, STORE_DIRECTORY, mode, &status);
    if (*store_r == NULL)
        return status;
    if (alias_find(*store_r, mailbox.address, invocation->arena, alias_r) != ERR_NONE)
        return directory_fail(invocation, *store_r, EX_NOUSER);
    return EX_OK;
}

static int run_show(struct invocation *invocation)
{
    struct alias alias = {.target_count = 0};
    struct store *store = NULL;
    int status = read_alias(invocation, STORE_READ, &store, &alias);

    if (status == EX_OK)
        listing_print_one(invocation, &listing, &alias);
    return status;
}

static const char *const show_examples[] = {"mailctl alias show info@example.org", NULL};

const struct command command_alias_show = {
    .noun = "alias",
    .verb = "show",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "show one alias",
    .examples = show_examples,
    .run = run_show,
};

/* --- alias set --- */

static int change(struct invocation *invocation, struct store *store, struct alias *alias)
{
    int status = alias_options_read(invocation, alias);

    if (status == EX_OK && invocation->argument_count > 1)
        status = alias_options_targets(invocation, store, alias);
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    if (alias_update(store, alias) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    if (alias_is_in_force(alias, clock_wall()))
        status = alias_route_check(
            invocation, store, alias->address, alias->targets, alias->target_count);
    else
        status = alias_route_check_without(invocation, store, alias->address);
    if (status != EX_OK)
        store_roll_back(store);
    return status;
}

static int run_set(struct invocation *invocation)
{
    struct alias alias = {.target_count = 0};
    struct store *store = NULL;
    int status = alias_options_read(invocation, &alias); /* are they right at all? */

    if (status == EX_OK)
        status = read_alias(invocation, STORE_WRITE, &store, &alias);
    if (status != EX_OK)
        return status;
    if (!alias_options_are_given(invocation) && invocation->argument_count == 1)
        return invocation_complain(
            invocation, EX_USAGE, "set what? (\"mailctl alias set --help\" lists the options)");
    /* Once more, now that nobody else can change what stays as it is. */
    store_begin(store);
    if (alias_find(store, alias.address, invocation->arena, &alias) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    status = change(invocation, store, &alias);
    if (status == EX_OK)
        status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, alias.address, "changed", NULL);
    return status;
}

static const struct command_option set_options[] = {
    ALIAS_OPTIONS,
    {NULL, NULL, NULL},
};
static const char *const set_examples[] = {"mailctl alias set info@example.org bob@example.org",
    "mailctl alias set fair@example.org --expires never --disable", NULL};

const struct command command_alias_set = {
    .noun = "alias",
    .verb = "set",
    .arguments = "ADDRESS [TARGET...]",
    .arguments_min = 1,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .options = set_options,
    .help = "change where an alias leads, until when, and whether it sends",
    .details = "Targets take the place of all former ones. What is not said stays as it is.",
    .examples = set_examples,
    .run = run_set,
};

/* --- alias delete --- */

static int remove_alias(struct invocation *invocation, struct store *store, const void *context)
{
    const struct alias *alias = context;

    if (alias_delete(store, alias->address) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    return EX_OK;
}

static int run_delete(struct invocation *invocation)
{
    struct alias alias = {.target_count = 0};
    struct store *store = NULL;
    int status = read_alias(invocation, STORE_WRITE, &store, &alias);
    struct directory_removal removal = {.remove = remove_alias, .context = &alias};

    if (status != EX_OK)
        return status;
    removal.name = removal.target = alias.address;
    removal.question =
        arena_print(invocation->arena, "Delete the alias %.*s?", TEXT_ARGS(alias.address)).data;
    return directory_remove(invocation, store, &removal);
}

static const struct command_option delete_options[] = {
    ALIAS_ROUTE_OPTION,
    {NULL, NULL, NULL},
};
static const char *const delete_examples[] = {"mailctl alias delete info@example.org",
    "mailctl -y alias delete info@example.org --aliases delete", NULL};

const struct command command_alias_delete = {
    .noun = "alias",
    .verb = "delete",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = delete_options,
    .help = "delete an alias",
    .details = "Asks first. Where other aliases or forwards lead to it, say what becomes of them:\n"
               "\"delete\" takes it out of them, and deletes aliases that lead to nobody else.",
    .examples = delete_examples,
    .run = run_delete,
};
