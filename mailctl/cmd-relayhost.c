/* SPDX-License-Identifier: MIT */

/* relayhost set, list, delete: hosts that take what a sender of ours sends elsewhere. */

#include <glob.h>

#include "lib/base/clock.h"
#include "lib/store/domain.h"
#include "lib/store/relayhost.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/domain-postfix.h"
#include "mailctl/listing.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/output.h"
#include "mailctl/password-input.h"
#include "mailctl/transport-argument.h"

/* Where Debian's libsasl2-modules puts what a login with a password needs. */
#define SASL_PLAIN "/usr/lib/*/sasl2/libplain.so*"

static int read_sender(struct invocation *invocation, struct mailbox_argument *mailbox_r)
{
    struct failure failure;

    if (mailbox_argument_parse(invocation_argument(invocation, 0), MAILBOX_ALIAS, invocation->arena,
            mailbox_r, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    return EX_OK;
}

static struct store *begin(struct invocation *invocation, int *status_r)
{
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_WRITE, status_r);

    if (store != NULL)
        store_begin(store);
    return store;
}

/* --- relayhost set --- */

static bool has_suffix(struct text text, const char *suffix)
{
    return text_ends_with_nocase(text, text_from_string(suffix));
}

/* The service in master.cf begins with STARTTLS. */
static bool is_wrapped(struct text host)
{
    return has_suffix(host, "]:465") || has_suffix(host, "]:smtps") ||
           has_suffix(host, "]:submissions");
}

static int read_host(struct invocation *invocation, struct text *host_r)
{
    struct failure failure;

    if (transport_argument_parse_host(
            invocation_argument(invocation, 1), invocation->arena, host_r, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    if (is_wrapped(*host_r))
        return invocation_complain(invocation, EX_DATAERR,
            "%.*s: a port with TLS from the start is not served; give the one for STARTTLS, mostly "
            "587",
            TEXT_ARGS(*host_r));
    return EX_OK;
}

/* A colon would end it, as Postfix reads the pair. */
static int read_login(struct invocation *invocation, struct text *login_r)
{
    const char *value = invocation_value(invocation, "login");
    struct text login = text_from_string(value != NULL ? value : "");

    if (value != NULL && (login.len == 0 || login.len > RELAYHOST_LOGIN_MAX ||
                             text_has_control(login) || text_find(login, ':') != login.len))
        return invocation_bad_value(
            invocation, "login", "1 to 255 bytes without a colon", "what was given");
    if (value == NULL && password_input_is_given(invocation))
        return invocation_complain(
            invocation, EX_USAGE, "--login is missing: a password goes with one");
    *login_r = login;
    return EX_OK;
}

static int read_password(struct invocation *invocation, struct text *password_r)
{
    int status = password_input_plain(invocation, password_r);

    if (status == EX_OK && text_has_control(*password_r)) {
        password_input_wipe(password_r);
        status = invocation_complain(
            invocation, EX_DATAERR, "a password without control characters was expected");
    }
    return status;
}

static void warn(struct invocation *invocation, const struct relayhost *relayhost)
{
    glob_t found = {.gl_pathc = 0};

    if (relayhost->login.len == 0)
        return;
    if (glob(SASL_PLAIN, 0, NULL, &found) != 0)
        invocation_warn(invocation, "Postfix cannot log in with a password before the package "
                                    "libsasl2-modules is installed");
    globfree(&found);
}

static int write(struct invocation *invocation, const struct relayhost *relayhost,
    const struct mailbox_argument *sender)
{
    int status = EX_CONFIG;
    struct store *store = begin(invocation, &status);

    if (store == NULL)
        return status;
    if (relayhost_set(store, relayhost, clock_wall()) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    status = directory_end(invocation, store);
    if (status != EX_OK)
        return status;
    domain_postfix_reload(invocation);
    warn(invocation, relayhost);
    directory_say(invocation, sender->address, "set", NULL);
    return EX_OK;
}

static int run_set(struct invocation *invocation)
{
    struct relayhost relayhost = {.password = TEXT("")};
    struct mailbox_argument sender = {.domain = TEXT_NONE};
    struct text domain;
    int status = read_login(invocation, &relayhost.login);

    if (status == EX_OK)
        status = read_sender(invocation, &sender);
    if (status == EX_OK)
        status = read_host(invocation, &relayhost.host);
    if (status == EX_OK)
        status = invocation_own_domain(invocation, sender.domain, &domain);
    if (status == EX_OK && relayhost.login.len != 0)
        status = read_password(invocation, &relayhost.password);
    if (status != EX_OK)
        return status;
    relayhost.sender = sender.address;
    status = write(invocation, &relayhost, &sender);
    if (relayhost.password.len != 0)
        password_input_wipe(&relayhost.password);
    return status;
}

static const struct command_option set_options[] = {
    {"login", "NAME", "log in there; the password is asked for"},
    PASSWORD_INPUT_PLAIN_OPTIONS,
    {NULL,    NULL,   NULL                                     },
};
static const char *const set_examples[] = {
    "mailctl relayhost set alice@example.org smtp.provider.example --login alice@provider.example",
    "mailctl relayhost set @example.org smtp.provider.example:587 --login example "
    "--password-file /root/relay",
    NULL};

const struct command command_relayhost_set = {
    .noun = "relayhost",
    .verb = "set",
    .arguments = "SENDER HOST[:PORT]",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = set_options,
    .help = "say which host takes what a sender sends elsewhere, in place of any before",
    .details =
        "SENDER is an address in a domain of ours, or @DOMAIN for all others in it. Mail to\n"
        "that host goes under TLS whose certificate must be good where there is a login; the\n"
        "port is 587 unless another is given. Mail that stays here, or that a transport\n"
        "leads elsewhere, does not go there.",
    .examples = set_examples,
    .run = run_set,
};

/* --- relayhost list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct relayhost *relayhost = item;

    (void)invocation;
    return json_pack("{s:o, s:o, s:o, s:o}", "sender", output_json_text(relayhost->sender), "host",
        output_json_text(relayhost->host), "login",
        text_is_empty(relayhost->login) ? json_null() : output_json_text(relayhost->login),
        "changed", directory_json_time(relayhost->changed));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct relayhost *relayhost = item;

    cells[0] = relayhost->sender;
    cells[1] = relayhost->host;
    cells[2] = relayhost->login;
    cells[3] = directory_time(invocation, relayhost->changed);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"sender", "host", "login", "changed", NULL};
    static const struct listing listing = {headings, sizeof(struct relayhost), to_cells, to_json};
    struct relayhost_list list;
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (relayhost_list(store, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {"mailctl relayhost list", NULL};

const struct command command_relayhost_list = {
    .noun = "relayhost",
    .verb = "list",
    .help = "list the senders with a host of their own",
    .details = "Their passwords are never shown.",
    .examples = list_examples,
    .run = run_list,
};

/* --- relayhost delete --- */

static int run_delete(struct invocation *invocation)
{
    struct mailbox_argument sender = {.domain = TEXT_NONE};
    int status = read_sender(invocation, &sender);
    struct store *store;

    if (status != EX_OK)
        return status;
    store = begin(invocation, &status);
    if (store == NULL)
        return status;
    status = directory_end_delete(
        invocation, store, relayhost_delete(store, sender.address), sender.address, EX_NOUSER);
    if (status == EX_OK)
        domain_postfix_reload(invocation);
    return status;
}

static const char *const delete_examples[] = {"mailctl relayhost delete alice@example.org", NULL};

const struct command command_relayhost_delete = {
    .noun = "relayhost",
    .verb = "delete",
    .arguments = "SENDER",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "send mail of a sender as all other again, and forget its password",
    .examples = delete_examples,
    .run = run_delete,
};
