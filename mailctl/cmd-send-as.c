/* SPDX-License-Identifier: MIT */

/* send-as add, list, delete: whom a user may write as, beside what is the user's own. */

#include "lib/base/clock.h"
#include "lib/store/send-as.h"
#include "lib/store/sender.h"
#include "lib/store/user.h"
#include "mailctl/attach/postfix-accounts.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/output.h"

static int read_address(
    struct invocation *invocation, size_t index, enum mailbox_kind kind, struct text *address_r)
{
    struct mailbox_argument mailbox;
    struct failure failure;

    if (mailbox_argument_parse(invocation_argument(invocation, index), kind, invocation->arena,
            &mailbox, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    *address_r = mailbox.address;
    return EX_OK;
}

/* USER ADDRESS */
static int read_right(struct invocation *invocation, struct send_as *right)
{
    int status = read_address(invocation, 0, MAILBOX_USER, &right->user);

    return status == EX_OK ? read_address(invocation, 1, MAILBOX_ALIAS, &right->address) : status;
}

static struct text name_of(const struct invocation *invocation, const struct send_as *right)
{
    return arena_print(
        invocation->arena, "%.*s as %.*s", TEXT_ARGS(right->user), TEXT_ARGS(right->address));
}

/* --- send-as add --- */

/* It follows from users and aliases, or from another right. */
static bool is_needless(
    const struct invocation *invocation, struct store *store, const struct send_as *right)
{
    enum sender_right before = SENDER_NONE;

    return sender_find_right(store, right->user, right->address, invocation->arena, &before) ==
               ERR_NONE &&
           before == SENDER_FULL;
}

/* A right on behalf leaves the envelope to others. */
static void warn_of_accounts(
    struct invocation *invocation, struct store *store, const struct send_as *right)
{
    if (!right->on_behalf && text_find(right->address, '@') == 0)
        postfix_accounts_warn(
            invocation, store, text_skip(right->address, 1), POSTFIX_ACCOUNTS_SENDER);
}

static int run_add(struct invocation *invocation)
{
    struct send_as right = {.on_behalf = invocation_has(invocation, "on-behalf")};
    struct store *store;
    int status = read_right(invocation, &right);
    bool needless;
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    needless = is_needless(invocation, store, &right);
    err = send_as_add(store, &right, clock_wall());
    if (err == ERR_NONE && needless)
        invocation_warn(invocation, "%.*s may write as %.*s without it", TEXT_ARGS(right.user),
            TEXT_ARGS(right.address));
    if (err == ERR_NONE)
        warn_of_accounts(invocation, store, &right);
    return directory_end_add(invocation, store, err, name_of(invocation, &right), EX_NOUSER);
}

static const struct command_option add_options[] = {
    {"on-behalf",  NULL, "only where the field Sender names the user"},
    {"if-missing", NULL, "be content where it is there already"      },
    {NULL,         NULL, NULL                                        },
};
static const char *const add_examples[] = {
    "mailctl send-as add alice@example.org press@example.org",
    "mailctl send-as add alice@example.org boss@example.org --on-behalf",
    "mailctl send-as add newsletter@example.org @lists.example.org", NULL};

const struct command command_send_as_add = {
    .noun = "send-as",
    .verb = "add",
    .arguments = "USER ADDRESS",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = add_options,
    .help = "let a user write as an address that is not the user's own",
    .details = "Users may write as themselves and as what aliases lead to them; that needs no\n"
               "right. @DOMAIN or *@DOMAIN stands for every address of a domain. With --on-behalf\n"
               "the message must say who wrote it: the field Sender has an address of the user's\n"
               "own.",
    .examples = add_examples,
    .run = run_add,
};

/* --- send-as list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct send_as *right = item;

    (void)invocation;
    return json_pack("{s:o, s:o, s:b, s:o}", "user", output_json_text(right->user), "address",
        output_json_text(right->address), "on_behalf", right->on_behalf, "created",
        directory_json_time(right->created));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct send_as *right = item;

    cells[0] = right->user;
    cells[1] = right->address;
    cells[2] = directory_yes_no(right->on_behalf);
    cells[3] = directory_time(invocation, right->created);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"user", "may write as", "on behalf", "created", NULL};
    static const struct listing listing = {headings, sizeof(struct send_as), to_cells, to_json};
    struct text user = TEXT("");
    struct send_as_list list;
    struct store *store;
    struct user found;
    int status = EX_OK;

    if (invocation->argument_count != 0)
        status = read_address(invocation, 0, MAILBOX_USER, &user);
    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    if ((!text_is_empty(user) && user_find(store, user, invocation->arena, &found) != ERR_NONE) ||
        send_as_list(store, user, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {
    "mailctl send-as list", "mailctl send-as list alice@example.org", NULL};

const struct command command_send_as_list = {
    .noun = "send-as",
    .verb = "list",
    .arguments = "[USER]",
    .arguments_max = 1,
    .help = "list the rights, of all users or of one",
    .examples = list_examples,
    .run = run_list,
};

/* --- send-as delete --- */

static int run_delete(struct invocation *invocation)
{
    struct send_as right = {.on_behalf = false};
    struct store *store;
    int status = read_right(invocation, &right);

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    return directory_end_delete(invocation, store, send_as_delete(store, right.user, right.address),
        name_of(invocation, &right), EX_NOUSER);
}

static const char *const delete_examples[] = {
    "mailctl send-as delete alice@example.org press@example.org", NULL};

const struct command command_send_as_delete = {
    .noun = "send-as",
    .verb = "delete",
    .arguments = "USER ADDRESS",
    .arguments_min = 2,
    .arguments_max = 2,
    .help = "take a right away",
    .examples = delete_examples,
    .run = run_delete,
};
