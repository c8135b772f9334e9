/* SPDX-License-Identifier: MIT */

/* init and upgrade: the databases made, put right and brought up to date. */

#include <stdio.h>
#include <unistd.h>

#include "mailctl/commands.h"
#include "mailctl/output.h"

static struct store_owner owner_of(enum store_kind kind, const struct settings *settings)
{
    switch (kind) {
    case STORE_DIRECTORY:
        return (struct store_owner){.group = settings->group};
    case STORE_CREDENTIALS:
        return (struct store_owner){.user = settings->authd.user};
    case STORE_KEYS:
        return (struct store_owner){.user = settings->milter.user};
    case STORE_LIMITS:
        return (struct store_owner){.user = settings->policyd.user};
    case STORE_KIND_COUNT:
        break;
    }
    return (struct store_owner){NULL, NULL};
}

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
    enum err err = store_open(settings->state_directory, kind, STORE_READ, &store, &failure);

    store_close(&store);
    if (err != ERR_NONE && err != ERR_ABSENT && err != ERR_OLDER)
        return fail(invocation, &failure);
    *changed_r = err != ERR_NONE;
    return EX_OK;
}

static int prepare(const struct invocation *invocation, const struct settings *settings,
    enum store_kind kind, bool *changed_r)
{
    struct store_owner owner = owner_of(kind, settings);
    struct failure failure;

    if (invocation->dry_run)
        return look(invocation, settings, kind, changed_r);
    if (store_prepare(settings->state_directory, kind, &owner, changed_r, &failure) != ERR_NONE)
        return fail(invocation, &failure);
    return EX_OK;
}

static int run(struct invocation *invocation)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    json_t *json;

    if (settings == NULL)
        return status;
    json = json_array();
    for (int kind = 0; kind < STORE_KIND_COUNT; kind++) {
        const char *name = store_kind_name((enum store_kind)kind);
        bool changed = false;

        status = prepare(invocation, settings, (enum store_kind)kind, &changed);
        if (status != EX_OK) {
            json_decref(json);
            return status;
        }
        json_array_append_new(json, json_pack("{s:s, s:b}", "name", name, "changed", changed));
        invocation_tell(invocation, "%s/%s: %s", settings->state_directory, name,
            !changed              ? "in order"
            : invocation->dry_run ? "would be made or brought up to date"
                                  : "made or brought up to date");
    }
    if (invocation->json)
        output_json(json);
    else
        json_decref(json);
    return EX_OK;
}

static const char *const init_examples[] = {"mailctl init", "mailctl --dry-run init", NULL};

const struct command command_init = {
    .noun = "init",
    .help = "prepare the databases: folders, owners, tables",
    .details = "Makes what is missing under the state directory and leaves the rest as it is,\n"
               "so that it can be run at any time. The users of the daemons must exist:\n"
               "\"systemd-sysusers\" makes them.",
    .examples = init_examples,
    .run = run,
};

static const char *const upgrade_examples[] = {"mailctl upgrade", NULL};

const struct command command_upgrade = {
    .noun = "upgrade",
    .help = "bring the databases up to date after an upgrade of Gatepost",
    .details = "Each database that is altered is copied first; the copy stays beside it, named\n"
               "after its version: directory.db.1001. The package does this by itself.",
    .examples = upgrade_examples,
    .run = run,
};
