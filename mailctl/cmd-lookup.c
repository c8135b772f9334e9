/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "mailctl/commands.h"
#include "mailctl/output.h"
#include "mailctl/socketmap-client.h"

#define TIMEOUT_MS 10000

/* The tables of gatepost-authd(8), and what it means that a key is in none. */
static const struct {
    const char *name;
    int absent_status;
} tables[] = {
    {"domains",           EX_NOHOST},
    {"relays",            EX_NOHOST},
    {"relay-recipients",  EX_NOUSER},
    {"transports",        EX_NOUSER},
    {"sender-transports", EX_NOUSER},
    {"mailboxes",         EX_NOUSER},
    {"aliases",           EX_NOUSER},
    {"senders",           EX_NOUSER},
    {"srs",               EX_NOUSER},
};

static int check(
    const struct invocation *invocation, struct text table, struct text key, int *absent_status_r)
{
    if (key.len == 0 || key.len > SOCKETMAP_CLIENT_KEY_MAX)
        return invocation_complain(invocation, EX_DATAERR, "a key of 1 to %d bytes was expected",
            SOCKETMAP_CLIENT_KEY_MAX);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (text_equals(table, text_from_string(tables[i].name))) {
            *absent_status_r = tables[i].absent_status;
            return EX_OK;
        }
    return invocation_complain(invocation, EX_USAGE,
        "there is no table \"%.*s\": expected domains, relays, relay-recipients, transports, "
        "sender-transports, mailboxes, aliases, senders or srs",
        TEXT_ARGS(table));
}

static int complain(const struct invocation *invocation, const struct failure *failure)
{
    if (failure->err == ERR_IO)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "gatepost-authd does not answer (%s); %s systemctl start gatepost-authd", failure->text,
            invocation_lacks_init(invocation->settings) ? "run \"mailctl init\", then"
                                                        : "start it:");
    if (failure->err == ERR_ACCESS)
        return invocation_complain(invocation, EX_NOPERM, "%s (this needs root)", failure->text);
    if (failure->err == ERR_REFUSED)
        return invocation_complain(
            invocation, EX_DATAERR, "Postfix would be told: PERM %s", failure->text);
    if (failure->err == ERR_BUSY)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "Postfix would be told: TEMP %s (journalctl -t gatepost-authd says why)",
            failure->text);
    return invocation_complain(invocation, failure->err == ERR_TIMEOUT ? EX_TEMPFAIL : EX_PROTOCOL,
        "gatepost-authd: %s", failure->text);
}

static void print_json(struct text table, struct text key, bool found, struct text value)
{
    output_json(json_pack("{s:o, s:o, s:b, s:o}", "table", output_json_text(table), "key",
        output_json_text(key), "found", found, "value",
        found ? output_json_text(value) : json_null()));
}

static int tell(const struct invocation *invocation, struct text table, struct text key,
    const struct buffer *value)
{
    if (invocation->json)
        print_json(table, key, true, buffer_text(value));
    else
        printf("%s\n", buffer_string(value));
    return EX_OK;
}

static int run(struct invocation *invocation)
{
    struct text table = invocation_argument(invocation, 0),
                key = invocation_argument(invocation, 1);
    const struct settings *settings;
    struct buffer value = BUFFER_NONE;
    struct failure failure;
    int absent_status = EX_NOUSER, status = check(invocation, table, key, &absent_status);
    enum err err;

    if (status != EX_OK)
        return status;
    settings = invocation_settings(invocation, &status);
    if (settings == NULL)
        return status;
    err = socketmap_client_ask(
        settings->authd.listen_lookup, table, key, TIMEOUT_MS, &value, &failure);
    if (err == ERR_NONE)
        status = tell(invocation, table, key, &value);
    else if (err != ERR_ABSENT)
        status = complain(invocation, &failure);
    else {
        if (invocation->json)
            print_json(table, key, false, TEXT(""));
        status = invocation_complain(invocation, absent_status, "%.*s is not in the table %.*s",
            TEXT_ARGS(key), TEXT_ARGS(table));
    }
    buffer_done(&value);
    return status;
}

static const char *const examples[] = {
    "mailctl lookup aliases info@example.org", "mailctl lookup senders alice@example.org", NULL};

const struct command command_lookup = {
    .noun = "lookup",
    .arguments = "TABLE KEY",
    .arguments_min = 2,
    .arguments_max = 2,
    .help = "ask gatepost-authd what it would answer Postfix",
    .details =
        "TABLE is domains, relays, relay-recipients, transports, sender-transports, mailboxes,\n"
        "aliases, senders or srs. Where the key is not in it, the exit status is 67, for domains\n"
        "and relays 68.",
    .examples = examples,
    .run = run,
};
