/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/output.h"

static int read_address(struct invocation *invocation, size_t index, enum mailbox_kind kind,
    struct mailbox_argument *mailbox_r)
{
    struct failure failure;

    if (mailbox_argument_parse(invocation_argument(invocation, index), kind, invocation->arena,
            mailbox_r, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    return EX_OK;
}

/* --- alias add --- */

/* Of our own domains, addresses are looked up in lower case; of others, they stay as given. */
static int read_target(struct invocation *invocation, struct store *store, size_t index,
    struct text address, struct text *target_r)
{
    struct mailbox_argument mailbox;
    struct domain domain;
    int status = read_address(invocation, index, MAILBOX_TARGET, &mailbox);
    enum err err;

    if (status != EX_OK)
        return status;
    err = domain_find(store, mailbox.domain, invocation->arena, &domain);
    if (err == ERR_NONE)
        mailbox_argument_lower(&mailbox, invocation->arena);
    else if (err != ERR_ABSENT)
        return directory_fail(invocation, store, EX_NOHOST);
    if (text_equals(mailbox.address, address))
        return invocation_complain(
            invocation, EX_DATAERR, "%.*s: an alias cannot lead to itself", TEXT_ARGS(address));
    *target_r = mailbox.address;
    return EX_OK;
}

static int read_targets(struct invocation *invocation, struct store *store, struct alias *alias)
{
    size_t count = invocation->argument_count - 1;
    struct text *targets;
    int status = EX_OK;

    if (count > ALIAS_TARGETS_MAX)
        return invocation_complain(
            invocation, EX_DATAERR, "an alias has at most %d targets", ALIAS_TARGETS_MAX);
    targets = arena_alloc_zero(invocation->arena, count, sizeof *targets);
    for (size_t i = 0; status == EX_OK && i < count; i++)
        status = read_target(invocation, store, i + 1, alias->address, &targets[i]);
    alias->targets = targets;
    alias->target_count = count;
    return status;
}

static int run_add(struct invocation *invocation)
{
    struct mailbox_argument mailbox;
    struct alias alias = {.enabled = true};
    struct store *store;
    int status = read_address(invocation, 0, MAILBOX_ALIAS, &mailbox);
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    alias.address = mailbox.address;
    status = read_targets(invocation, store, &alias);
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    err = alias_add(store, &alias, clock_wall());
    if (directory_is_settled(invocation, err)) {
        store_roll_back(store);
        directory_say_settled(invocation, alias.address);
        return EX_OK;
    }
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, alias.address, "added", NULL);
    return status;
}

static const struct command_option add_options[] = {
    {"if-missing", NULL, "be content where it is there already"},
    {NULL,         NULL, NULL                                  },
};
static const char *const add_examples[] = {
    "mailctl alias add info@example.org alice@example.org bob@example.net",
    "mailctl alias add @example.org alice@example.org", NULL};

const struct command command_alias_add = {
    .noun = "alias",
    .verb = "add",
    .arguments = "ADDRESS TARGET...",
    .arguments_min = 2,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .options = add_options,
    .help = "add an address that stands for others",
    .details = "@DOMAIN is the catch-all: it takes what no user and no other alias of the\n"
               "domain takes. Targets may lie in any domain.",
    .examples = add_examples,
    .run = run_add,
};

/* --- alias list, alias show --- */

static struct text join_targets(struct invocation *invocation, const struct alias *alias)
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

static json_t *to_json(const struct alias *alias)
{
    json_t *targets = json_array();

    for (size_t i = 0; i < alias->target_count; i++)
        json_array_append_new(targets, output_json_text(alias->targets[i]));
    return json_pack("{s:o, s:o, s:b, s:o}", "address", output_json_text(alias->address), "targets",
        targets, "enabled", alias->enabled, "created", directory_json_time(alias->created));
}

static void print_table(struct invocation *invocation, const struct alias *aliases, size_t count)
{
    static const char *const headings[] = {"alias", "targets", "enabled", "created", NULL};
    struct output_table *table = output_table_new(invocation, headings);

    for (size_t i = 0; i < count; i++) {
        struct text cells[] = {aliases[i].address, join_targets(invocation, &aliases[i]),
            directory_yes_no(aliases[i].enabled), directory_time(invocation, aliases[i].created)};

        output_table_add(table, cells);
    }
    output_table_print(table);
}

static int run_list(struct invocation *invocation)
{
    struct text domain = TEXT("");
    struct alias_list list;
    struct store *store;
    int status = EX_OK;

    if (invocation->argument_count != 0)
        status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &domain);
    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (alias_list(store, domain, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    if (invocation->json) {
        json_t *json = json_array();

        for (size_t i = 0; i < list.count; i++)
            json_array_append_new(json, to_json(&list.items[i]));
        output_json(json);
    } else
        print_table(invocation, list.items, list.count);
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

static int run_show(struct invocation *invocation)
{
    struct mailbox_argument mailbox;
    struct alias alias;
    struct store *store;
    int status = read_address(invocation, 0, MAILBOX_ALIAS, &mailbox);

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (alias_find(store, mailbox.address, invocation->arena, &alias) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    if (invocation->json)
        output_json(to_json(&alias));
    else
        print_table(invocation, &alias, 1);
    return EX_OK;
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

/* --- alias delete --- */

static bool confirm_delete(struct invocation *invocation, struct text address)
{
    struct text question =
        arena_print(invocation->arena, "Delete the alias %.*s?", TEXT_ARGS(address));

    return invocation->dry_run || invocation_confirm(invocation, question.data);
}

/* Nothing is locked while somebody thinks about the answer. */
static int run_delete(struct invocation *invocation)
{
    struct mailbox_argument mailbox;
    struct alias alias;
    struct store *store;
    int status = read_address(invocation, 0, MAILBOX_ALIAS, &mailbox);

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_WRITE, &status);
    if (store == NULL)
        return status;
    if (alias_find(store, mailbox.address, invocation->arena, &alias) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    if (!confirm_delete(invocation, mailbox.address))
        return EX_USAGE;
    store_begin(store);
    if (alias_delete(store, mailbox.address) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, mailbox.address, "deleted", NULL);
    return status;
}

static const char *const delete_examples[] = {"mailctl alias delete info@example.org", NULL};

const struct command command_alias_delete = {
    .noun = "alias",
    .verb = "delete",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "delete an alias",
    .examples = delete_examples,
    .run = run_delete,
};
