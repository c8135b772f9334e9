/* SPDX-License-Identifier: MIT */

/* dkim activate, retire, revoke, delete: what the keys that there are do. */

#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/store/dkim-key.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dkim-view.h"
#include "mailctl/dkim/rotation-run.h"
#include "mailctl/dkim/rotation-view.h"
#include "mailctl/output.h"

/* Nothing is to be done with it any more, or not by this version. */
static int complain_over(const struct invocation *invocation, const struct dkim_key *key)
{
    if (key->state == DKIM_KEY_UNKNOWN)
        return invocation_complain(invocation, EX_DATAERR,
            "%.*s of %.*s is in the state \"%.*s\", which only a later version of mailctl knows",
            TEXT_ARGS(key->selector), TEXT_ARGS(key->domain), TEXT_ARGS(dkim_key_word(key)));
    return invocation_complain(invocation, EX_DATAERR,
        "%.*s of %.*s was revoked, and its private part is no more (mailctl dkim generate %.*s "
        "makes another key)",
        TEXT_ARGS(key->selector), TEXT_ARGS(key->domain), TEXT_ARGS(key->domain));
}

/* --- activate --- */

/* The keys that are to sign: in the end all of them do, or none. */
struct activation {
    struct invocation *invocation;
    struct store *keys;
    struct rotation_domain domain; /* with these keys alone */
    int status;
};

/* The key of that selector, or each key that does not sign yet. */
static bool is_wanted(const struct dkim_key *key, struct text selector)
{
    return text_is_empty(selector) ? key->state < DKIM_KEY_ACTIVE
                                   : text_equals_nocase(key->selector, selector);
}

static int choose_keys(struct activation *activation)
{
    struct invocation *invocation = activation->invocation;
    struct text selector = invocation_argument(invocation, 1);
    struct dkim_key_list all = activation->domain.keys;
    struct dkim_key *chosen = arena_alloc_zero(invocation->arena, all.count + 1, sizeof *chosen);

    activation->domain.keys = (struct dkim_key_list){chosen, 0};
    for (size_t i = 0; i < all.count; i++) {
        if (!is_wanted(&all.items[i], selector))
            continue;
        if (all.items[i].state >= DKIM_KEY_REVOKED)
            return complain_over(invocation, &all.items[i]);
        chosen[activation->domain.keys.count++] = all.items[i];
    }
    if (activation->domain.keys.count == 0 && !text_is_empty(selector))
        return dkim_view_complain_absent(invocation, activation->domain.name, selector);
    return EX_OK;
}

/* A signature that nobody can verify is worse than a day's wait. */
static void on_looked(void *context, struct rotation_domain *domain)
{
    struct activation *activation = context;
    const struct invocation *invocation = activation->invocation;

    for (size_t i = 0; i < domain->keys.count; i++) {
        enum rotation_sight sight = domain->looks[i].look.sight;

        if (sight == ROTATION_KEY || domain->keys.items[i].state == DKIM_KEY_ACTIVE)
            continue;
        activation->status =
            invocation_complain(invocation, sight == ROTATION_UNKNOWN ? EX_TEMPFAIL : EX_DATAERR,
                "%.*s of %.*s: %.*s; publish its record (mailctl dkim show %.*s), or give --force",
                TEXT_ARGS(domain->keys.items[i].selector), TEXT_ARGS(domain->name),
                TEXT_ARGS(rotation_view_obstacle(invocation, &domain->looks[i])),
                TEXT_ARGS(domain->name));
    }
}

/* It is the key that was looked at, and nobody has taken it out of use since. */
static bool is_still(const struct dkim_key *key, const struct dkim_key *before)
{
    return text_equals(key->selector, before->selector) &&
           text_equals(key->record, before->record) &&
           (key->state <= DKIM_KEY_ACTIVE || key->state == before->state);
}

/* Looking takes time: the keys as they are where nobody else writes. */
static int read_again(struct activation *activation)
{
    const struct invocation *invocation = activation->invocation;
    struct rotation_domain *domain = &activation->domain;
    struct dkim_key *again =
        arena_alloc_zero(invocation->arena, domain->keys.count + 1, sizeof *again);
    struct dkim_key_list list;

    if (dkim_key_list(activation->keys, domain->name, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, activation->keys);
    for (size_t i = 0; i < domain->keys.count; i++) {
        const struct dkim_key *before = &domain->keys.items[i];
        size_t at = 0;

        while (at < list.count && !is_still(&list.items[at], before))
            at++;
        if (at == list.count)
            return invocation_complain(invocation, EX_TEMPFAIL,
                "%.*s of %.*s was changed meanwhile by somebody else (mailctl dkim list %.*s)",
                TEXT_ARGS(before->selector), TEXT_ARGS(domain->name), TEXT_ARGS(domain->name));
        again[i] = list.items[at];
    }
    domain->keys.items = again;
    return EX_OK;
}

static int activate_key(struct activation *activation, size_t index, int64_t now)
{
    const struct rotation_domain *domain = &activation->domain;
    const struct dkim_key *key = &domain->keys.items[index];
    bool was_seen = domain->looks != NULL && domain->looks[index].look.sight == ROTATION_KEY;
    enum err err =
        dkim_key_set_state(activation->keys, domain->name, key->selector, DKIM_KEY_ACTIVE, now);

    if (err == ERR_NONE && was_seen && key->seen == 0)
        err = dkim_key_set_seen(
            activation->keys, domain->name, key->selector, now, domain->looks[index].look.ttl_s);
    return err == ERR_NONE ? EX_OK
                           : invocation_complain_store(activation->invocation, activation->keys);
}

static int activate_keys(struct activation *activation)
{
    int64_t now = clock_wall();
    int status;

    store_begin(activation->keys);
    status = read_again(activation);
    for (size_t i = 0; status == EX_OK && i < activation->domain.keys.count; i++)
        status = activate_key(activation, i, now);
    if (status == EX_OK)
        return directory_end(activation->invocation, activation->keys);
    store_roll_back(activation->keys);
    return status;
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
    struct activation activation = {.invocation = invocation, .domain = {.look_at_all = true}};
    struct rotation_domain *domain = &activation.domain;
    int status = dkim_view_read(invocation, &domain->name, &domain->keys);

    if (status == EX_OK)
        status = choose_keys(&activation);
    if (status != EX_OK)
        return status;
    activation.keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (activation.keys == NULL)
        return status;
    if (domain->keys.count != 0 && !invocation_has(invocation, "force"))
        status = rotation_run_look(invocation, domain, 1, on_looked, &activation);
    if (status == EX_OK)
        status = activation.status;
    if (status == EX_OK)
        status = activate_keys(&activation);
    if (status == EX_OK)
        say_activated(invocation, domain->name, &domain->keys);
    return status;
}

static const struct command_option activate_options[] = {
    {"force", NULL, "without asking whether the DNS shows them"},
    {NULL,    NULL, NULL                                       },
};
static const char *const activate_examples[] = {
    "mailctl dkim activate example.org", "mailctl dkim activate example.org 2026q4r", NULL};

const struct command command_dkim_activate = {
    .noun = "dkim",
    .verb = "activate",
    .arguments = "DOMAIN [SELECTOR]",
    .arguments_min = 1,
    .arguments_max = 2,
    .options = activate_options,
    .help = "sign with the keys that were made and are published",
    .details = "Without a selector: with every key of the domain that waits. Each of them must be\n"
               "shown by every name server of its zone. The milter sees the change at its next\n"
               "message; it needs no reload.",
    .examples = activate_examples,
    .run = run_activate,
};

/* --- retire, revoke and delete --- */

/* What takes one key out of use. */
struct change {
    struct invocation *invocation;
    struct store *keys;
    struct text domain;
    struct dkim_key key;
    size_t active;       /* keys that sign, this one too */
    bool may_be_revoked; /* a key that counts for nothing any more will do, too */
};

static int find_key(struct change *change)
{
    struct invocation *invocation = change->invocation;
    struct text selector = invocation_argument(invocation, 1);
    struct dkim_key_list list;
    bool found = false;

    if (dkim_key_list(change->keys, change->domain, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, change->keys);
    change->active = 0;
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

static int judge(struct change *change)
{
    int status = find_key(change);

    if (status == EX_OK && !change->may_be_revoked && change->key.state >= DKIM_KEY_REVOKED)
        status = complain_over(change->invocation, &change->key);
    return status == EX_OK ? check_last(change) : status;
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
    return judge(change);
}

/* An answer takes time: what held before it is judged once more where nobody else writes. */
static int begin(struct change *change)
{
    int status;

    store_begin(change->keys);
    status = judge(change);
    if (status != EX_OK)
        store_roll_back(change->keys);
    return status;
}

static int enter_state(struct change *change, enum dkim_key_state state, const char *hint)
{
    struct invocation *invocation = change->invocation;
    int status = begin(change);

    if (status != EX_OK)
        return status;
    if (dkim_key_set_state(
            change->keys, change->domain, change->key.selector, state, clock_wall()) != ERR_NONE)
        return directory_fail(invocation, change->keys, EX_DATAERR);
    status = directory_end(invocation, change->keys);
    if (status == EX_OK)
        directory_say(invocation, dkim_key_owner(&change->key, invocation->arena),
            dkim_key_state_word(state), hint);
    return status;
}

static int run_retire(struct invocation *invocation)
{
    struct change change = {.invocation = invocation};
    int status = prepare(&change);

    if (status != EX_OK)
        return status;
    return enter_state(&change, DKIM_KEY_RETIRED,
        "; keep its record published for mail that is still under way: \"mailctl dkim rotate\" "
        "says for how long");
}

static int run_revoke(struct invocation *invocation)
{
    struct change change = {.invocation = invocation};
    int status = prepare(&change);
    struct text question;

    if (status != EX_OK)
        return status;
    question = arena_print(invocation->arena, "Revoke %.*s and destroy its private key for good?",
        TEXT_ARGS(dkim_key_owner(&change.key, invocation->arena)));
    if (!invocation->dry_run && !invocation_confirm(invocation, question.data))
        return EX_USAGE;
    return enter_state(&change, DKIM_KEY_REVOKED, "; now change its record to \"v=DKIM1; p=\"");
}

static int run_delete(struct invocation *invocation)
{
    struct change change = {.invocation = invocation, .may_be_revoked = true};
    int status = prepare(&change);
    struct text question;

    if (status != EX_OK)
        return status;
    question = arena_print(invocation->arena, "Delete the private key of %.*s for good?",
        TEXT_ARGS(dkim_key_owner(&change.key, invocation->arena)));
    if (!invocation->dry_run && !invocation_confirm(invocation, question.data))
        return EX_USAGE;
    status = begin(&change);
    if (status != EX_OK)
        return status;
    if (dkim_key_delete(change.keys, change.domain, change.key.selector) != ERR_NONE)
        return directory_fail(invocation, change.keys, EX_DATAERR);
    status = directory_end(invocation, change.keys);
    if (status == EX_OK)
        directory_say(invocation, dkim_key_owner(&change.key, invocation->arena), "deleted",
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

static const char *const revoke_examples[] = {
    "mailctl dkim revoke example.org 2026q3r", "mailctl -y dkim revoke example.org 2026q3r", NULL};

const struct command command_dkim_revoke = {
    .noun = "dkim",
    .verb = "revoke",
    .arguments = "DOMAIN SELECTOR",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = change_options,
    .help = "say that a key counts for nothing any more",
    .details =
        "Asks first. For a key that somebody else may have: its record becomes an empty p=,\n"
        "so that nothing that it signed passes, mail that is under way included. The\n"
        "private key is destroyed. Rotation does this to keys that have served.",
    .examples = revoke_examples,
    .run = run_revoke,
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
