/* SPDX-License-Identifier: MIT */

/* relay-recipient add, list, delete: who there is in a domain whose mail is passed on. */

#include "lib/base/clock.h"
#include "lib/store/relay-recipient.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/domain-postfix.h"
#include "mailctl/listing.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/output.h"

/* Another host's mailbox, but compared without regard to case, as all addresses here are. */
static int read_recipient(struct invocation *invocation, struct mailbox_argument *mailbox_r)
{
    struct failure failure;

    if (mailbox_argument_parse(invocation_argument(invocation, 0), MAILBOX_TARGET,
            invocation->arena, mailbox_r, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    mailbox_argument_lower(mailbox_r, invocation->arena);
    return EX_OK;
}

/* --- relay-recipient add --- */

static int run_add(struct invocation *invocation)
{
    struct mailbox_argument mailbox;
    struct store *store;
    int status = read_recipient(invocation, &mailbox);
    bool is_first;
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    is_first = relay_recipient_find_any(store, mailbox.domain) == ERR_ABSENT;
    err = relay_recipient_add(store, mailbox.address, clock_wall());
    if (err == ERR_NONE && is_first)
        invocation_warn(
            invocation, "%.*s takes mail for nobody else from now on", TEXT_ARGS(mailbox.domain));
    if (err == ERR_NONE)
        domain_postfix_warn_recipients(invocation, mailbox.domain);
    return directory_end_add(invocation, store, err, mailbox.address, EX_NOHOST);
}

static const struct command_option add_options[] = {
    {"if-missing", NULL, "be content where it is there already"},
    {NULL,         NULL, NULL                                  },
};
static const char *const add_examples[] = {"mailctl relay-recipient add joe@example.com", NULL};

const struct command command_relay_recipient_add = {
    .noun = "relay-recipient",
    .verb = "add",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = add_options,
    .help = "name somebody for whom a relay takes mail",
    .details =
        "With the first one a list begins: what is for anybody else in that domain is refused,\n"
        "but for aliases and postmaster. A relay without a list takes mail for everybody, and its\n"
        "own host refuses, which makes bounces to forged senders. \"mailctl apply\" takes a whole\n"
        "list at once.",
    .examples = add_examples,
    .run = run_add,
};

/* --- relay-recipient list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct relay_recipient *recipient = item;

    (void)invocation;
    return json_pack("{s:o, s:o}", "address", output_json_text(recipient->address), "created",
        directory_json_time(recipient->created));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct relay_recipient *recipient = item;

    cells[0] = recipient->address;
    cells[1] = directory_time(invocation, recipient->created);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"address", "created", NULL};
    static const struct listing listing = {
        headings, sizeof(struct relay_recipient), to_cells, to_json};
    struct relay_recipient_list list;
    struct store *store;
    struct text domain;
    int status = directory_open_list(invocation, &domain, &store);

    if (status != EX_OK)
        return status;
    if (relay_recipient_list(store, domain, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {
    "mailctl relay-recipient list", "mailctl relay-recipient list example.com", NULL};

const struct command command_relay_recipient_list = {
    .noun = "relay-recipient",
    .verb = "list",
    .arguments = "[DOMAIN]",
    .arguments_max = 1,
    .help = "list for whom relays take mail, those that have such a list",
    .examples = list_examples,
    .run = run_list,
};

/* --- relay-recipient delete --- */

static int run_delete(struct invocation *invocation)
{
    struct mailbox_argument mailbox;
    struct store *store;
    int status = read_recipient(invocation, &mailbox);
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    err = relay_recipient_delete(store, mailbox.address);
    if (err == ERR_NONE && relay_recipient_find_any(store, mailbox.domain) == ERR_ABSENT)
        invocation_warn(invocation,
            "that was the last of the list: %.*s takes mail for everybody from now on",
            TEXT_ARGS(mailbox.domain));
    return directory_end_delete(invocation, store, err, mailbox.address, EX_NOUSER);
}

static const char *const delete_examples[] = {
    "mailctl relay-recipient delete joe@example.com", NULL};

const struct command command_relay_recipient_delete = {
    .noun = "relay-recipient",
    .verb = "delete",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "take somebody out of the list of a relay",
    .details = "With the last one the list ends, and the relay takes mail for everybody.",
    .examples = delete_examples,
    .run = run_delete,
};
