/* SPDX-License-Identifier: MIT */

/* DKIM: whether the mail of each domain of ours is signed. */

#include "lib/store/dkim-key.h"
#include "lib/store/domain.h"
#include "mailctl/status/status.h"

/* What becomes of the mail of one domain, by its keys: none, some that wait, one that signs. */
static void judge(struct status *status, struct text domain, const struct dkim_key_list *keys)
{
    bool has_made = false;

    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].state == DKIM_KEY_ACTIVE)
            return;
        has_made = has_made || keys->items[i].state < DKIM_KEY_ACTIVE;
    }
    if (has_made)
        status_say(status, STATUS_WARNING,
            status_command(status, "mailctl dkim activate %.*s", TEXT_ARGS(domain)),
            "%.*s: its mail is not signed: its key waits until the DNS has its record",
            TEXT_ARGS(domain));
    else
        status_say(status, STATUS_WARNING,
            status_command(status, "mailctl dkim generate %.*s", TEXT_ARGS(domain)),
            "%.*s: its mail is not signed: it has no key", TEXT_ARGS(domain));
}

/* Both lists are sorted by domain. */
static void judge_all(
    struct status *status, const struct domain_list *domains, const struct dkim_key_list *keys)
{
    size_t at = 0;

    for (size_t i = 0; i < domains->count; i++) {
        struct dkim_key_list own = {.count = 0};

        while (at < keys->count && text_compare(keys->items[at].domain, domains->items[i].name) < 0)
            at++;
        own.items = keys->items + at;
        while (at < keys->count && text_equals(keys->items[at].domain, domains->items[i].name)) {
            own.count++;
            at++;
        }
        if (domains->items[i].enabled && domains->items[i].signs &&
            (domains->items[i].kind != DOMAIN_RELAY || own.count != 0))
            judge(status, domains->items[i].name, &own);
    }
}

static enum err read_domains(
    struct status *status, struct domain_list *domains, struct failure *failure)
{
    struct store *store = NULL;
    enum err err =
        store_open(status->settings->state_directory, STORE_DIRECTORY, STORE_READ, &store, failure);

    if (err == ERR_NONE && domain_list(store, status->arena, domains) != ERR_NONE)
        err = store_failure(store, failure);
    store_close(&store);
    return err;
}

static enum err read_keys(
    struct status *status, struct dkim_key_list *keys, struct failure *failure)
{
    struct store *store = NULL;
    enum err err =
        store_open(status->settings->state_directory, STORE_KEYS, STORE_READ, &store, failure);

    if (err == ERR_NONE && dkim_key_list(store, TEXT(""), status->arena, keys) != ERR_NONE)
        err = store_failure(store, failure);
    store_close(&store);
    return err;
}

static void check_keys(struct status *status)
{
    struct domain_list domains = {.count = 0};
    struct dkim_key_list keys = {.count = 0};
    struct failure failure;
    enum err err = read_domains(status, &domains, &failure);

    if (err == ERR_NONE)
        err = read_keys(status, &keys, &failure);
    if (err == ERR_NONE)
        judge_all(status, &domains, &keys);
    else if (err == ERR_ACCESS)
        status_say_unseen(status, &failure);
    else /* the checks of the databases say why */
        status_say(status, STATUS_UNKNOWN, "", "the databases cannot be read");
}

static const struct status_check checks[] = {
    {"keys", check_keys, NULL},
};

const struct status_group status_dkim = {"dkim", checks, sizeof checks / sizeof *checks};
