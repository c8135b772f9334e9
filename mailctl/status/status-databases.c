/* SPDX-License-Identifier: MIT */

/* The databases: there, ours, of the right schema, owned as the design says, and sound. */

#include <unistd.h>

#include "lib/store/store-check.h"
#include "mailctl/backup/restore.h"
#include "mailctl/domain-file.h"
#include "mailctl/lost-databases.h"
#include "mailctl/status/status.h"
#include "mailctl/store-owners.h"

/* Read whole within the time that a check has, from slow disks, too. What is seen grows further. */
#define READ_WHOLE_BYTES_MAX ((int64_t)256 * 1024 * 1024)

static enum store_kind kind_of(const char *name)
{
    int kind = 0;

    while (kind + 1 < STORE_KIND_COUNT && strcmp(store_kind_name((enum store_kind)kind), name) != 0)
        kind++;
    return (enum store_kind)kind;
}

static void say_absent(struct status *status, const struct failure *failure)
{
    enum store_kind kind = kind_of(status->check->name);

    if (lost_databases_find(status->settings).is_lost[kind])
        status_say(status, STATUS_ERROR, "", "%s",
            lost_databases_say(status->settings, kind, status->arena).data);
    else
        status_say(status, STATUS_ERROR,
            invocation_lacks_init(status->settings) ? "mailctl init"
                                                    : "mailctl init; " STATUS_ALL_AGAIN,
            "%s", failure->text);
}

static void say_failure(struct status *status, const struct failure *failure)
{
    switch (failure->err) {
    case ERR_ACCESS:
        if (!status->is_root) {
            status_say_unseen(status, failure);
            break;
        }
        status_say(status, STATUS_ERROR, NULL, "%s", failure->text);
        break;
    case ERR_OLDER:
        status_say(status, STATUS_ERROR, "mailctl upgrade", "%s", failure->text);
        break;
    case ERR_NEWER:
        status_say(
            status, STATUS_ERROR, "apt-get install --only-upgrade gatepost", "%s", failure->text);
        break;
    case ERR_BUSY:
        status_say(status, STATUS_UNKNOWN, "", "%s", failure->text);
        break;
    case ERR_ABSENT:
        say_absent(status, failure);
        break;
    default: /* damaged or another's: only a copy from before helps, which is for people */
        status_say(status, STATUS_ERROR, "", "%s; put a backup in its place", failure->text);
    }
}

static enum err check_sound(struct status *status, struct store *store, struct failure *failure)
{
    if (!store_check_exceeds(store, READ_WHOLE_BYTES_MAX))
        return store_check_sound(store, failure);
    status_say(status, STATUS_OK, NULL,
        "can be opened; too large to be read whole here, as \"sqlite3 %s 'PRAGMA quick_check'\" "
        "does",
        store_path(store));
    return ERR_NONE;
}

/* It is about all that are in a backup, and told once. */
static void check_restored(struct status *status)
{
    struct failure failure;
    const char *file;

    if (restore_interrupted(status->settings->state_directory, status->arena, &file, &failure) !=
        ERR_NONE)
        status_say_unseen(status, &failure);
    else if (file != NULL)
        status_say(status, STATUS_ERROR, status_command(status, "mailctl restore %s", file),
            "a restore was interrupted, and the databases are of two moments");
}

static void check_database(struct status *status)
{
    enum store_kind kind = kind_of(status->check->name);
    struct store_owner owner = store_owners_of(kind, status->settings);
    const char *directory = store_directory_of(kind, status->settings);
    struct store *store = NULL;
    struct failure failure;
    enum err err = store_open(directory, kind, STORE_READ, &store, &failure);

    if (err == ERR_NONE)
        err = check_sound(status, store, &failure);
    store_close(&store);
    if (err != ERR_NONE)
        say_failure(status, &failure);
    if (status->is_root && (err == ERR_NONE || err == ERR_OLDER) &&
        store_check_owner(directory, kind, &owner, &failure) != ERR_NONE)
        say_failure(status, &failure);
    if (kind == STORE_DIRECTORY)
        check_restored(status);
}

static void check_domain_file(struct status *status)
{
    struct store *store = NULL;
    struct failure failure;

    if (access(domain_file_folder(status->settings, status->arena), F_OK) != 0) {
        status_say(status, STATUS_WARNING, NULL, "there is no list of our domains for Postfix");
        return;
    }
    if (store_open(status->settings->state_directory, STORE_DIRECTORY, STORE_READ, &store,
            &failure) == ERR_NONE &&
        domain_file_check(status->settings, store, status->arena, &failure) == ERR_NONE)
        status_say(status, STATUS_OK, NULL, "up to date");
    else if (store == NULL) /* the check of the database says why */
        status_say(status, STATUS_UNKNOWN, "", "the directory database cannot be read");
    else if (failure.err == ERR_ACCESS)
        status_say_unseen(status, &failure);
    else
        status_say(status, STATUS_ERROR, NULL, "%s", failure.text);
    store_close(&store);
}

static const struct status_check checks[] = {
    {"directory",   check_database,    "mailctl init"   },
    {"credentials", check_database,    "mailctl init"   },
    {"keys",        check_database,    "mailctl init"   },
    {"limits",      check_database,    "mailctl init"   },
    {"seen",        check_database,    "mailctl init"   },
    {"srs",         check_database,    "mailctl init"   },
    {"guard",       check_database,    "mailctl init"   },
    {"domain-list", check_domain_file, "mailctl upgrade"},
};

const struct status_group status_databases = {"databases", checks, sizeof checks / sizeof *checks};
