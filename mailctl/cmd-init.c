/* SPDX-License-Identifier: MIT */

/*
 * init and upgrade: the databases made, put right and brought up to date, and the list of domains
 * that Postfix reads.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "mailctl/commands.h"
#include "mailctl/domain-file.h"
#include "mailctl/lost-databases.h"
#include "mailctl/output.h"
#include "mailctl/srs-secrets.h"
#include "mailctl/store-owners.h"

static int fail(const struct invocation *invocation, const struct failure *failure)
{
    bool is_for_root = failure->err == ERR_ACCESS && geteuid() != 0;

    return invocation_complain(invocation, invocation_status_of(failure->err), "%s%s",
        failure->text, is_for_root ? " (this needs root)" : "");
}

/* What would be done: an open says what it finds. */
static int look(const struct invocation *invocation, const struct settings *settings,
    enum store_kind kind, bool *changed_r)
{
    struct store *store = NULL;
    struct failure failure;
    enum err err =
        store_open(store_directory_of(kind, settings), kind, STORE_READ, &store, &failure);

    store_close(&store);
    if (err != ERR_NONE && err != ERR_ABSENT && err != ERR_OLDER)
        return fail(invocation, &failure);
    *changed_r = err != ERR_NONE;
    return EX_OK;
}

static int prepare(const struct invocation *invocation, const struct settings *settings,
    enum store_kind kind, bool *changed_r)
{
    struct store_owner owner = store_owners_of(kind, settings);
    struct failure failure;

    if (invocation->dry_run)
        return look(invocation, settings, kind, changed_r);
    if (store_prepare(store_directory_of(kind, settings), kind, &owner, changed_r, &failure) !=
        ERR_NONE)
        return fail(invocation, &failure);
    return EX_OK;
}

/* The same for the list of domains. In a dry run there may be no database yet to compare with. */
static int prepare_domain_file(
    struct invocation *invocation, const struct settings *settings, bool *changed_r)
{
    struct store *store = NULL;
    struct failure failure;
    enum err err =
        store_open(settings->state_directory, STORE_DIRECTORY, STORE_READ, &store, &failure);

    if (invocation->dry_run) {
        *changed_r = err != ERR_NONE ||
                     domain_file_check(settings, store, invocation->arena, &failure) != ERR_NONE;
        err = ERR_NONE;
    } else if (err == ERR_NONE)
        err = domain_file_make(settings, store, invocation->arena, changed_r, &failure);
    store_close(&store);
    return err == ERR_NONE ? EX_OK : fail(invocation, &failure);
}

/* What SRS signs with is there before anybody asks for it. */
static int prepare_secret(struct invocation *invocation, enum store_kind kind, bool *changed_r)
{
    int status = EX_OK;
    struct store *store;

    if (kind != STORE_SRS || invocation->dry_run)
        return EX_OK;
    store = invocation_store(invocation, kind, STORE_WRITE, &status);
    if (store != NULL && srs_secrets_make_first(store, clock_wall(), changed_r) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    return status;
}

static void say(const struct invocation *invocation, const struct settings *settings, json_t *json,
    const char *name, bool changed)
{
    json_array_append_new(json, json_pack("{s:s, s:b}", "name", name, "changed", changed));
    invocation_tell(invocation, "%s/%s: %s", settings->state_directory, name,
        !changed              ? "in order"
        : invocation->dry_run ? "would be made or brought up to date"
                              : "made or brought up to date");
}

static int prepare_all(struct invocation *invocation, const struct settings *settings, json_t *json)
{
    bool changed = false;
    int status = EX_OK;

    for (int kind = 0; status == EX_OK && kind < STORE_KIND_COUNT; kind++) {
        changed = false;
        status = prepare(invocation, settings, (enum store_kind)kind, &changed);
        if (status == EX_OK)
            status = prepare_secret(invocation, (enum store_kind)kind, &changed);
        if (status == EX_OK)
            say(invocation, settings, json, store_kind_name((enum store_kind)kind), changed);
    }
    changed = false;
    if (status == EX_OK)
        status = prepare_domain_file(invocation, settings, &changed);
    if (status == EX_OK)
        say(invocation, settings, json, "postfix", changed);
    return status;
}

/* --make-empty with that name. */
static bool shall_be_empty(const struct invocation *invocation, enum store_kind kind)
{
    const char *const *names;
    size_t count = invocation_values(invocation, "make-empty", &names);

    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], store_kind_name(kind)) == 0)
            return true;
    return false;
}

/* Before anything is made: one that was put back may be all that was meant to be here. */
static int refuse_lost(struct invocation *invocation, const struct settings *settings)
{
    struct lost_databases lost = lost_databases_find(settings);
    int status = EX_OK;

    for (int kind = 0; kind < STORE_KIND_COUNT; kind++)
        if (lost.is_lost[kind] && !shall_be_empty(invocation, (enum store_kind)kind))
            status = invocation_complain(invocation, EX_CONFIG, "%s",
                lost_databases_say(settings, (enum store_kind)kind, invocation->arena).data);
    return status;
}

static int run(struct invocation *invocation)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    json_t *json;

    if (settings == NULL)
        return status;
    status = refuse_lost(invocation, settings);
    if (status != EX_OK)
        return status;
    json = json_array();
    status = prepare_all(invocation, settings, json);
    if (status == EX_OK && invocation->json)
        output_json(json);
    else
        json_decref(json);
    return status;
}

static const struct command_option init_options[] = {
    {"make-empty", "directory|credentials|keys",
     "make this one without content, though it was lost; may be repeated"},
    {NULL,         NULL,                         NULL                    },
};
static const char *const init_examples[] = {
    "mailctl init", "mailctl --dry-run init", "mailctl init --make-empty keys", NULL};

const struct command command_init = {
    .noun = "init",
    .options = init_options,
    .help = "prepare the databases: folders, owners, tables",
    .details = "Also the list of domains that Postfix reads. Makes what is missing under the\n"
               "state directory and leaves the rest as it is, so that it can be run at any time.\n"
               "Where the directory, the credentials or the keys are gone from a server that had\n"
               "them, it makes nothing until they are put back, or --make-empty says otherwise.\n"
               "The users of the daemons must exist: \"systemd-sysusers\" makes them.",
    .examples = init_examples,
    .run = run,
};

static const char *const upgrade_examples[] = {"mailctl upgrade", NULL};

const struct command command_upgrade = {
    .noun = "upgrade",
    .help = "bring all under the state directory up to date after an upgrade of Gatepost",
    .details = "Each database that is altered is copied first; the copy stays beside it, named\n"
               "after its version: directory.db.1001. The package does this by itself.",
    .examples = upgrade_examples,
    .run = run,
};
