/* SPDX-License-Identifier: MIT */

/* dkim activate, retire, delete: what the keys that there are do. */

#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/store/dkim-key.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dkim-view.h"
#include "mailctl/output.h"

/* --- activate --- */

/* The key of that selector, or each key that was made and does not sign yet. */
static bool is_wanted(const struct dkim_key *key, struct text selector)
{
    return text_is_empty(selector) ? key->state == DKIM_KEY_MADE
                                   : text_equals_nocase(key->selector, selector);
}

static int activate_keys(struct invocation *invocation, struct store *keys, struct text domain,
    struct dkim_key_list *list)
{
    struct text selector = invocation_argument(invocation, 1);
    struct dkim_key *found = arena_alloc_zero(invocation->arena, list->count + 1, sizeof *found);
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (!is_wanted(&list->items[i], selector))
            continue;
        if (dkim_key_set_state(
                keys, domain, list->items[i].selector, DKIM_KEY_ACTIVE, clock_wall()) != ERR_NONE)
            return directory_fail(invocation, keys, EX_DATAERR);
        found[count++] = list->items[i];
    }
    if (count == 0 && !text_is_empty(selector))
        return dkim_view_complain_absent(invocation, domain, selector);
    *list = (struct dkim_key_list){found, count};
    return EX_OK;
}

static void say_activated(
    const struct invocation *invocation, struct text domain, const struct dkim_key_list *list)
{
    json_t *json = json_array();

    for (size_t i = 0; i < list->count; i++) {
        json_array_append_new(json, output_json_text(list->items[i].selector));
        invocation_tell(invocation, "%.*s %s for %.*s", TEXT_ARGS(list->items[i].selector),
            invocation->dry_run ? "would sign" : "signs", TEXT_ARGS(domain));
    }
    if (list->count == 0)
        invocation_tell(invocation,
            "%.*s: no key is waiting (mailctl dkim generate %.*s makes one)", TEXT_ARGS(domain),
            TEXT_ARGS(domain));
    if (invocation->json)
        output_json(json_pack("{s:o, s:O, s:b}", "domain", output_json_text(domain), "activated",
            json, "dry_run", invocation->dry_run));
    json_decref(json);
}

static int run_activate(struct invocation *invocation)
{
    struct text domain;
    struct dkim_key_list list;
    struct store *keys;
    int status = dkim_view_read(invocation, &domain, &list);

    if (status != EX_OK)
        return status;
    keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (keys == NULL)
        return status;
    store_begin(keys);
    status = activate_keys(invocation, keys, domain, &list);
    if (status != EX_OK) {
        store_roll_back(keys);
        return status;
    }
    status = directory_end(invocation, keys);
    if (status == EX_OK)
        say_activated(invocation, domain, &list);
    return status;
}

static const char *const activate_examples[] = {
    "mailctl dkim activate example.org", "mailctl dkim activate example.org 2026q4r", NULL};

const struct command command_dkim_activate = {
    .noun = "dkim",
    .verb = "activate",
    .arguments = "DOMAIN [SELECTOR]",
    .arguments_min = 1,
    .arguments_max = 2,
    .help = "sign with the keys that were made and are published",
    .details = "Without a selector: with every key of the domain that waits. The milter sees the\n"
               "change at its next message; it needs no reload.",
    .examples = activate_examples,
    .run = run_activate,
};

/* --- retire and delete --- */

/* What takes one key out of use. */
struct change {
    struct invocation *invocation;
    struct store *keys;
    struct text domain;
    struct dkim_key key;
    size_t active; /* keys that sign, this one too */
};

static int find_key(struct change *change)
{
    struct invocation *invocation = change->invocation;
    struct text selector = invocation_argument(invocation, 1);
    struct dkim_key_list list;
    bool found = false;

    if (dkim_key_list(change->keys, change->domain, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, change->keys);
    for (size_t i = 0; i < list.count; i++) {
        change->active += list.items[i].state == DKIM_KEY_ACTIVE;
        if (!text_equals_nocase(list.items[i].selector, selector))
            continue;
        change->key = list.items[i];
        found = true;
    }
    if (found)
        return EX_OK;
    return dkim_view_complain_absent(invocation, change->domain, selector);
}

/* Without it, mail of the domain would go out unsigned, and nobody would notice for days. */
static int check_last(const struct change *change)
{
    if (change->key.state != DKIM_KEY_ACTIVE || change->active > 1 ||
        invocation_has(change->invocation, "force"))
        return EX_OK;
    return invocation_complain(change->invocation, EX_DATAERR,
        "%.*s is the only key that signs for %.*s: activate another one first (mailctl dkim "
        "generate %.*s), or give --force",
        TEXT_ARGS(change->key.selector), TEXT_ARGS(change->domain), TEXT_ARGS(change->domain));
}

static int prepare(struct change *change)
{
    struct invocation *invocation = change->invocation;
    int status =
        invocation_own_domain(invocation, invocation_argument(invocation, 0), &change->domain);

    if (status == EX_OK)
        change->keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (change->keys == NULL)
        return status;
    status = find_key(change);
    return status == EX_OK ? check_last(change) : status;
}

static struct text key_name(const struct change *change)
{
    return arena_print(change->invocation->arena, "%.*s._domainkey.%.*s",
        TEXT_ARGS(change->key.selector), TEXT_ARGS(change->domain));
}

static int run_retire(struct invocation *invocation)
{
    struct change change = {.invocation = invocation};
    int status = prepare(&change);

    if (status != EX_OK)
        return status;
    store_begin(change.keys);
    if (dkim_key_set_state(change.keys, change.domain, change.key.selector, DKIM_KEY_RETIRED,
            clock_wall()) != ERR_NONE)
        return directory_fail(invocation, change.keys, EX_DATAERR);
    status = directory_end(invocation, change.keys);
    if (status == EX_OK)
        directory_say(invocation, key_name(&change), "retired",
            "; keep its record published for a week, for mail that is still under way");
    return status;
}

static int run_delete(struct invocation *invocation)
{
    struct change change = {.invocation = invocation};
    int status = prepare(&change);
    struct text question;

    if (status != EX_OK)
        return status;
    question = arena_print(invocation->arena, "Delete the private key of %.*s for good?",
        TEXT_ARGS(key_name(&change)));
    if (!invocation->dry_run && !invocation_confirm(invocation, question.data))
        return EX_USAGE;
    store_begin(change.keys);
    if (dkim_key_delete(change.keys, change.domain, change.key.selector) != ERR_NONE)
        return directory_fail(invocation, change.keys, EX_DATAERR);
    status = directory_end(invocation, change.keys);
    if (status == EX_OK)
        directory_say(invocation, key_name(&change), "deleted",
            "; take its record out of the DNS once no mail that it signed is under way");
    return status;
}

static const struct command_option change_options[] = {
    {"force", NULL, "even where no other key signs for the domain"},
    {NULL,    NULL, NULL                                          },
};
static const char *const retire_examples[] = {"mailctl dkim retire example.org 2026q3r", NULL};
static const char *const delete_examples[] = {
    "mailctl dkim delete example.org 2026q3r", "mailctl -y dkim delete example.org 2026q3r", NULL};

const struct command command_dkim_retire = {
    .noun = "dkim",
    .verb = "retire",
    .arguments = "DOMAIN SELECTOR",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = change_options,
    .help = "sign no more with a key, and keep it",
    .details = "Its record must stay published while mail that it signed is under way; \"dkim\n"
               "activate\" takes the key into use again.",
    .examples = retire_examples,
    .run = run_retire,
};

const struct command command_dkim_delete = {
    .noun = "dkim",
    .verb = "delete",
    .arguments = "DOMAIN SELECTOR",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = change_options,
    .help = "delete a private key for good",
    .details = "Asks first. Retire the key before, and wait until its mail has arrived.",
    .examples = delete_examples,
    .run = run_delete,
};
