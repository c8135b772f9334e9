/* SPDX-License-Identifier: MIT */

/* dkim import: private keys that another program has signed with so far. */

#include <stdio.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "lib/dns/name.h"
#include "lib/store/domain.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dkim-view.h"
#include "mailctl/dkim/key-maker.h"
#include "mailctl/dkim/opendkim-tables.h"
#include "mailctl/output.h"
#include "mailctl/secret-file.h"

struct import {
    struct invocation *invocation;
    struct store *keys;
    enum dkim_key_state state;
    ARRAY(struct dkim_key) made;
    ARRAY(struct dkim_key) activated; /* that were there already, and did not sign */
    size_t settled;                   /* that were there already, those included */
};

/* --- one key -------------------------------------------------------------- */

static int complain_key(
    const struct invocation *invocation, const char *path, enum err err, struct failure *failure)
{
    return invocation_complain(invocation, EX_DATAERR, "%s: %s", path,
        failure->text[0] != '\0' ? failure->text : err_text(err));
}

static int read_key(
    const struct invocation *invocation, const char *path, struct private_key **key_r)
{
    struct failure failure = {ERR_NONE, ""};
    struct buffer pem = BUFFER_NONE;
    int status = secret_file_read(invocation, path, SECRET_FILE_KEY_MAX, &pem);

    if (status == EX_OK) {
        enum err err = private_key_parse(buffer_text(&pem), false, key_r, &failure);

        if (err != ERR_NONE)
            status = complain_key(invocation, path, err, &failure);
    }
    buffer_done_wiped(&pem);
    return status;
}

/* With --activate a key that is there already is to sign, too. */
static int settle(struct import *import, struct dkim_key *found)
{
    const struct invocation *invocation = import->invocation;

    import->settled++;
    if (import->state != DKIM_KEY_ACTIVE && found->state >= DKIM_KEY_REVOKED)
        invocation_warn(import->invocation,
            "the key %.*s of %.*s is %.*s here, and stays so: it cannot sign (mailctl dkim "
            "generate "
            "%.*s makes another)",
            TEXT_ARGS(found->selector), TEXT_ARGS(found->domain), TEXT_ARGS(dkim_key_word(found)),
            TEXT_ARGS(found->domain));
    if (import->state != DKIM_KEY_ACTIVE || found->state == DKIM_KEY_ACTIVE)
        return EX_OK;
    found->state_since = clock_wall();
    if (dkim_key_set_state(import->keys, found->domain, found->selector, DKIM_KEY_ACTIVE,
            found->state_since) != ERR_NONE)
        return invocation_complain_store(invocation, import->keys);
    found->state = DKIM_KEY_ACTIVE;
    array_push(&import->activated, *found);
    return EX_OK;
}

/* *same_r: the very key is there already, and settled. */
static int look_for(struct import *import, const struct key_request *request,
    const struct private_key *private_key, bool *same_r)
{
    struct invocation *invocation = import->invocation;
    struct buffer record = BUFFER_NONE;
    struct dkim_key found;
    enum err err =
        dkim_key_find(import->keys, request->domain, request->selector, invocation->arena, &found);

    *same_r = false;
    if (err == ERR_ABSENT)
        return EX_OK;
    if (err != ERR_NONE)
        return invocation_complain_store(invocation, import->keys);
    *same_r = private_key_format_record(private_key, &record) == ERR_NONE &&
              text_equals(found.record, buffer_text(&record));
    buffer_done(&record);
    /* It lies in the invocation's arena, which may be written. */
    memory_wipe((void *)(uintptr_t)found.pem.data, found.pem.len);
    found.pem = TEXT_NONE;
    if (*same_r)
        return settle(import, &found);
    return invocation_complain(invocation, EX_CANTCREAT,
        "%.*s of %.*s is another key here (mailctl dkim show %.*s)", TEXT_ARGS(request->selector),
        TEXT_ARGS(request->domain), TEXT_ARGS(request->domain));
}

static int import_key(struct import *import, const struct key_request *request, const char *path)
{
    struct private_key *private_key = NULL;
    struct dkim_key key;
    bool same = false;
    int status = read_key(import->invocation, path, &private_key);

    if (status == EX_OK && request->selector.len != 0)
        status = look_for(import, request, private_key, &same);
    if (status == EX_OK && !same) {
        status = key_maker_keep(import->invocation, import->keys, request, private_key, &key);
        if (status == EX_OK)
            array_push(&import->made, key);
    }
    private_key_release(&private_key);
    return status;
}

/* --- from a file, from tables --------------------------------------------- */

static int import_file(struct import *import)
{
    struct invocation *invocation = import->invocation;
    const char *selector = invocation_value(invocation, "selector");
    struct key_request request = {.state = import->state};
    int status;

    if (selector == NULL || invocation->argument_count != 2)
        return invocation_complain(invocation, EX_USAGE,
            "name a domain, the file of its key and --selector, or --key-table (mailctl dkim "
            "import --help)");
    if (!dns_name_normalize(text_from_string(selector), invocation->arena, &request.selector))
        return invocation_bad_value(
            invocation, "selector", "letters, digits and hyphens", selector);
    status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &request.domain);
    return status == EX_OK ? import_key(import, &request, invocation->arguments[1]) : status;
}

static int read_tables(struct invocation *invocation, struct opendkim_keys *keys_r)
{
    const char *signing_path = invocation_value(invocation, "signing-table");
    struct text key_table, signing_table = TEXT_NONE;
    struct failure failure = {ERR_NONE, ""};
    int status = invocation_read_file(invocation, invocation_value(invocation, "key-table"),
        OPENDKIM_TABLES_MAX_BYTES, &key_table);

    if (status == EX_OK && signing_path != NULL)
        status = invocation_read_file(
            invocation, signing_path, OPENDKIM_TABLES_MAX_BYTES, &signing_table);
    if (status == EX_OK &&
        opendkim_tables_read(key_table, signing_path != NULL ? &signing_table : NULL,
            invocation->arena, keys_r, &failure) != ERR_NONE)
        status = invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    return status;
}

static int find_domain(struct invocation *invocation, struct text name, bool *is_ours_r)
{
    int status = EX_OK;
    struct store *directory = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain domain;
    enum err err;

    if (directory == NULL)
        return status;
    err = domain_find(directory, name, invocation->arena, &domain);
    if (err != ERR_NONE && err != ERR_ABSENT)
        return invocation_complain_store(invocation, directory);
    *is_ours_r = err == ERR_NONE;
    return EX_OK;
}

/* Keys of domains that are not ours are left where they are. */
static int import_row(struct import *import, const struct opendkim_key *row)
{
    struct invocation *invocation = import->invocation;
    struct key_request request = {.state = import->state};
    int status = EX_OK;
    bool is_ours = false;

    if (!dns_name_normalize(row->domain, invocation->arena, &request.domain) ||
        !dns_name_normalize(row->selector, invocation->arena, &request.selector))
        return invocation_complain(invocation, EX_DATAERR,
            "KeyTable: \"%.*s:%.*s\" is no domain and selector", TEXT_ARGS(row->domain),
            TEXT_ARGS(row->selector));
    status = find_domain(invocation, request.domain, &is_ours);
    if (status == EX_OK && !is_ours)
        invocation_warn(invocation,
            "the key %.*s of %.*s was left out: that is not a domain of this server (mailctl "
            "domain add %.*s)",
            TEXT_ARGS(request.selector), TEXT_ARGS(request.domain), TEXT_ARGS(request.domain));
    if (status == EX_OK && is_ours)
        status = import_key(import, &request, arena_copy_string(invocation->arena, row->path));
    return status;
}

static int import_tables(struct import *import)
{
    struct invocation *invocation = import->invocation;
    struct opendkim_keys keys = {NULL, 0};
    int status;

    if (invocation->argument_count != 0 || invocation_has(invocation, "selector"))
        return invocation_complain(
            invocation, EX_USAGE, "--key-table says domains, selectors and files itself");
    status = read_tables(invocation, &keys);
    for (size_t i = 0; status == EX_OK && i < keys.count; i++)
        status = import_row(import, &keys.items[i]);
    return status;
}

/* --- the command ---------------------------------------------------------- */

static void show(
    const struct invocation *invocation, const struct dkim_key *keys, size_t count, json_t *json)
{
    for (size_t i = 0; i < count; i++)
        if (invocation->json)
            json_array_append_new(json, dkim_view_json(invocation, &keys[i]));
        else
            dkim_view_print(invocation, &keys[i]);
}

static struct text say_activated(const struct import *import)
{
    const struct invocation *invocation = import->invocation;

    if (import->activated.count == 0)
        return TEXT("");
    return arena_print(invocation->arena, ", %zu of which %s from now on", import->activated.count,
        invocation->dry_run ? "would sign" : "sign");
}

static void say(const struct import *import)
{
    const struct invocation *invocation = import->invocation;
    struct text activated = say_activated(import);
    json_t *json = json_array();

    show(invocation, import->made.items, import->made.count, json);
    show(invocation, import->activated.items, import->activated.count, json);
    if (invocation->json)
        output_json(json_incref(json));
    json_decref(json);
    invocation_tell(invocation, "; %zu keys %s, %zu were there already%.*s%s", import->made.count,
        invocation->dry_run ? "would be imported" : "imported", import->settled,
        TEXT_ARGS(activated),
        import->made.count != 0 && import->state == DKIM_KEY_MADE
            ? "; \"mailctl dkim activate DOMAIN\" lets them sign"
            : "");
}

/* All keys come in, or none. */
static int run_import(struct invocation *invocation)
{
    bool has_tables = invocation_has(invocation, "key-table");
    struct import import = {.invocation = invocation,
        .state = invocation_has(invocation, "activate") ? DKIM_KEY_ACTIVE : DKIM_KEY_MADE,
        .made = ARRAY_NONE,
        .activated = ARRAY_NONE};
    int status = EX_OK;

    if (!has_tables && invocation_has(invocation, "signing-table"))
        return invocation_complain(invocation, EX_USAGE, "--signing-table goes with --key-table");
    import.keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (import.keys == NULL)
        return status;
    store_begin(import.keys);
    status = has_tables ? import_tables(&import) : import_file(&import);
    if (status == EX_OK)
        status = directory_end(invocation, import.keys);
    else
        store_roll_back(import.keys);
    if (status == EX_OK)
        say(&import);
    array_done(&import.made);
    array_done(&import.activated);
    return status;
}

static const struct command_option import_options[] = {
    {"selector",      "NAME", "of the key in FILE"                                       },
    {"key-table",     "FILE", "OpenDKIM's table of keys, instead of one key"             },
    {"signing-table", "FILE", "and its table of senders: the keys that it names"         },
    {"activate",      NULL,   "sign with them at once, without asking what the DNS shows"},
    {NULL,            NULL,   NULL                                                       },
};
static const char *const import_examples[] = {
    "mailctl dkim import example.org /etc/mail/office.private --selector office",
    "mailctl dkim import --key-table /etc/opendkim/KeyTable --signing-table "
    "/etc/opendkim/SigningTable",
    NULL};

const struct command command_dkim_import = {
    .noun = "dkim",
    .verb = "import",
    .arguments = "[DOMAIN FILE]",
    .arguments_max = 2,
    .options = import_options,
    .help = "take private keys over, from PEM files or from the tables of OpenDKIM",
    .details = "The keys do not sign before they are activated, and their files stay where they\n"
               "are. Keys of domains that are not of this server are left out.",
    .examples = import_examples,
    .run = run_import,
};
