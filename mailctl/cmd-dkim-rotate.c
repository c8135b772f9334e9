/* SPDX-License-Identifier: MIT */

/* dkim rotate: keys walk from made to gone, as the DNS and the time permit. */

#include "lib/base/array.h"
#include "lib/store/domain.h"
#include "mailctl/commands.h"
#include "mailctl/dkim-view.h"
#include "mailctl/dkim/rotation-run.h"
#include "mailctl/dkim/rotation-view.h"

struct rotate {
    struct invocation *invocation;
    struct store *keys;
    struct rotation_rules rules;
    ARRAY(struct rotation_domain) domains;
    ARRAY(struct rotation_row) rows;
    int status;
};

/* --- which domains -------------------------------------------------------- */

/* Both lists are sorted by domain; keys of domains that are ours no more stay as they are. */
static void group(
    struct rotate *rotate, const struct dkim_key_list *keys, const struct domain_list *domains)
{
    size_t at = 0;

    for (size_t i = 0; i < domains->count; i++) {
        struct rotation_domain domain = {.name = domains->items[i].name};

        while (at < keys->count && text_compare(keys->items[at].domain, domain.name) < 0)
            at++;
        domain.keys.items = keys->items + at;
        while (at < keys->count && text_equals(keys->items[at].domain, domain.name)) {
            domain.keys.count++;
            at++;
        }
        if (domain.keys.count != 0)
            array_push(&rotate->domains, domain);
    }
}

static int read_all(struct rotate *rotate)
{
    struct invocation *invocation = rotate->invocation;
    int status = EX_OK;
    struct store *directory = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain_list domains;
    struct dkim_key_list keys;

    if (directory == NULL)
        return status;
    if (domain_list(directory, invocation->arena, &domains) != ERR_NONE)
        return invocation_complain_store(invocation, directory);
    if (dkim_key_list(rotate->keys, TEXT(""), invocation->arena, &keys) != ERR_NONE)
        return invocation_complain_store(invocation, rotate->keys);
    group(rotate, &keys, &domains);
    return EX_OK;
}

/* Of a domain that somebody names all keys are looked at. */
static int read_one(struct rotate *rotate)
{
    struct rotation_domain domain = {.look_at_all = true};
    int status = dkim_view_read(rotate->invocation, &domain.name, &domain.keys);

    if (status == EX_OK && domain.keys.count == 0)
        return dkim_view_complain_absent(rotate->invocation, domain.name, TEXT_NONE);
    if (status == EX_OK)
        array_push(&rotate->domains, domain);
    return status;
}

static int read_domains(struct rotate *rotate)
{
    struct invocation *invocation = rotate->invocation;
    bool is_all = invocation_has(invocation, "all");

    if (is_all == (invocation->argument_count != 0))
        return invocation_complain(
            invocation, EX_USAGE, "name one domain, or say --all (mailctl dkim rotate --help)");
    return is_all ? read_all(rotate) : read_one(rotate);
}

/* --- one after the other -------------------------------------------------- */

static bool is_wrong(const struct rotation_row *row)
{
    return row->step.key.state == DKIM_KEY_ACTIVE && rotation_wait_is_for_people(row->step.wait);
}

/* The worst of all: mail that fails, before what could not be told. */
static void note_status(struct rotate *rotate, const struct rotation_row *row)
{
    if (is_wrong(row))
        rotate->status = EX_DATAERR;
    else if (row->step.wait == ROTATION_WAITS_FOR_ANSWER && rotate->status == EX_OK)
        rotate->status = EX_TEMPFAIL;
}

static void on_looked(void *context, struct rotation_domain *domain)
{
    struct rotate *rotate = context;
    const struct invocation *invocation = rotate->invocation;
    struct rotation_outcome outcome;
    int status =
        rotation_run_apply(rotate->invocation, rotate->keys, domain, &rotate->rules, &outcome);

    if (status != EX_OK)
        rotate->status = status;
    for (size_t i = 0; status == EX_OK && i < outcome.count; i++) {
        struct rotation_row row =
            rotation_view_row(invocation, &outcome.steps[i], outcome.former[i], outcome.looks[i]);

        note_status(rotate, &row);
        if (invocation->json || !invocation->quiet || rotation_view_is_news(&row))
            array_push(&rotate->rows, row);
    }
}

static int run_rotate(struct invocation *invocation)
{
    struct rotate rotate = {
        .invocation = invocation, .domains = ARRAY_NONE, .rows = ARRAY_NONE, .status = EX_OK};
    int status = EX_OK;

    rotate.keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (rotate.keys == NULL)
        return status;
    rotate.rules = rotation_run_rules(invocation);
    status = read_domains(&rotate);
    if (status == EX_OK)
        status = rotation_run_look(
            invocation, rotate.domains.items, rotate.domains.count, on_looked, &rotate);
    if (status == EX_OK) {
        rotation_view_print(invocation, rotate.rows.items, rotate.rows.count);
        status = rotate.status;
    }
    array_done(&rotate.domains);
    array_done(&rotate.rows);
    return status;
}

static const struct command_option rotate_options[] = {
    {"all",   NULL, "of all domains, as the timer does"                     },
    {"now",   NULL, "give each key that signs a successor, whatever its age"},
    {"force", NULL, "sign with new keys without asking what the DNS shows"  },
    {NULL,    NULL, NULL                                                    },
};
static const char *const rotate_examples[] = {"mailctl dkim rotate example.org",
    "mailctl dkim rotate example.org --now", "mailctl -q dkim rotate --all",
    "mailctl --dry-run dkim rotate --all", NULL};

const struct command command_dkim_rotate = {
    .noun = "dkim",
    .verb = "rotate",
    .arguments = "[DOMAIN]",
    .arguments_max = 1,
    .options = rotate_options,
    .help = "take keys a step further, and say what they wait for",
    .details =
        "A key is made, published once every name server of its zone shows it, active when no\n"
        "cache can have an older answer, retired when its successor signs, revoked when no\n"
        "mail that it signed can be under way, and gone. Run it as often as you like: it does\n"
        "what can be done now. Keys of the age rotation.after get a successor. A timer of the\n"
        "package runs it for all domains every hour. The exit status is 65 where a key signs\n"
        "that the DNS does not show, 75 where the DNS could not be asked.",
    .examples = rotate_examples,
    .run = run_rotate,
};
