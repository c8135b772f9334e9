/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lib/dns/name.h"
#include "lib/mailauth/key.h"
#include "lib/store/dkim-key.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dkim-view.h"
#include "mailctl/dkim/key-maker.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

/* --- generate --- */

struct generation {
    struct invocation *invocation;
    struct store *keys;
    struct text domain;
    struct text selector; /* empty: a dated one */
    enum dkim_key_state state;
    unsigned bits;           /* of RSA */
    struct dkim_key made[2]; /* one of a kind */
    size_t made_count;
};

static int generate_one(struct generation *generation, enum key_algorithm algorithm)
{
    struct key_request request = {.domain = generation->domain,
        .selector = generation->selector,
        .algorithm = algorithm,
        .bits = generation->bits,
        .state = generation->state};
    int status = key_maker_make(generation->invocation, generation->keys, &request,
        &generation->made[generation->made_count]);

    if (status == EX_OK)
        generation->made_count++;
    return status;
}

/* What --algorithm, --dual and --bits ask for. */
static int read_choice(struct generation *generation, bool *rsa_r, bool *ed25519_r)
{
    const struct invocation *invocation = generation->invocation;
    const char *algorithm = invocation_value(invocation, "algorithm");
    const char *bits = invocation_value(invocation, "bits");
    const char *selector = invocation_value(invocation, "selector");
    uint64_t number = 2048;

    *rsa_r = algorithm == NULL || strcmp(algorithm, "rsa") == 0;
    *ed25519_r = algorithm != NULL && strcmp(algorithm, "ed25519") == 0;
    if (invocation_has(invocation, "dual")) {
        if (selector != NULL)
            return invocation_complain(invocation, EX_USAGE,
                "--dual makes two keys, --selector names one: generate them one by one");
        *rsa_r = *ed25519_r = true;
    }
    if (bits != NULL && (!text_to_number(text_from_string(bits), 4096, &number) || number < 2048))
        return invocation_bad_value(invocation, "bits", "a number from 2048 to 4096", bits);
    generation->bits = (unsigned)number;
    if (selector != NULL &&
        !dns_name_normalize(text_from_string(selector), invocation->arena, &generation->selector))
        return invocation_bad_value(
            invocation, "selector", "letters, digits and hyphens", selector);
    return EX_OK;
}

static void tell_next(const struct generation *generation)
{
    const struct invocation *invocation = generation->invocation;
    const char *plural = generation->made_count > 1 ? "s" : "";

    if (invocation->dry_run)
        invocation_tell(invocation, "; dry run: nothing was kept, the real key%s will be %s",
            plural, generation->made_count > 1 ? "others" : "another");
    else if (generation->state == DKIM_KEY_ACTIVE)
        invocation_tell(invocation,
            "; signing from now on: publish the record%s above before mail goes out", plural);
    else
        invocation_tell(invocation,
            "; publish the record%s above, then: mailctl dkim activate %.*s", plural,
            TEXT_ARGS(generation->domain));
}

static void print_made(const struct generation *generation)
{
    const struct invocation *invocation = generation->invocation;
    json_t *json = json_array();

    for (size_t i = 0; i < generation->made_count; i++)
        if (invocation->json)
            json_array_append_new(json, dkim_view_json(invocation, &generation->made[i]));
        else
            dkim_view_print(invocation, &generation->made[i]);
    if (invocation->json)
        output_json(json);
    else
        json_decref(json);
    tell_next(generation);
}

/* Both keys are there, or none. */
static int generate(struct generation *generation, bool rsa, bool ed25519)
{
    int status = EX_OK;

    store_begin(generation->keys);
    if (rsa)
        status = generate_one(generation, KEY_RSA);
    if (ed25519 && status == EX_OK)
        status = generate_one(generation, KEY_ED25519);
    if (status == EX_OK)
        return directory_end(generation->invocation, generation->keys);
    store_roll_back(generation->keys);
    return status;
}

static int run_generate(struct invocation *invocation)
{
    struct generation generation = {.invocation = invocation, .state = DKIM_KEY_MADE};
    bool rsa = false, ed25519 = false;
    int status = read_choice(&generation, &rsa, &ed25519);

    if (status == EX_OK)
        status = invocation_own_domain(
            invocation, invocation_argument(invocation, 0), &generation.domain);
    if (status != EX_OK)
        return status;
    generation.keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    if (generation.keys == NULL)
        return status;
    if (invocation_has(invocation, "activate"))
        generation.state = DKIM_KEY_ACTIVE;
    status = generate(&generation, rsa, ed25519);
    if (status == EX_OK)
        print_made(&generation);
    return status;
}

static const struct command_option generate_options[] = {
    {"algorithm", "rsa|ed25519", "of one key [rsa]"                                 },
    {"bits",      "NUMBER",      "of an RSA key: 2048 (default) to 4096"            },
    {"dual",      NULL,          "one RSA and one Ed25519 key"                      },
    {"selector",  "NAME",        "instead of the dated one"                         },
    {"activate",  NULL,          "sign with it at once, without waiting for the DNS"},
    {NULL,        NULL,          NULL                                               },
};
static const char *const generate_examples[] = {"mailctl dkim generate example.org --dual",
    "mailctl dkim generate example.org --algorithm ed25519 --selector office", NULL};

const struct command command_dkim_generate = {
    .noun = "dkim",
    .verb = "generate",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = generate_options,
    .help = "make a DKIM key and print the record to publish",
    .details = "The private key stays in the key database, which only the milter can open. The\n"
               "new key signs nothing until \"mailctl dkim activate\", so that the record can be\n"
               "in the DNS before the first signature is.",
    .examples = generate_examples,
    .run = run_generate,
};

/* --- list --- */

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct dkim_key *key = item;

    cells[0] = key->domain;
    cells[1] = key->selector;
    cells[2] = key->algorithm;
    cells[3] = arena_print(invocation->arena, "%u", key->bits);
    cells[4] = dkim_key_word(key);
    cells[5] = directory_time(invocation, key->state_since);
    cells[6] = directory_time(invocation, key->created);
}

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    return dkim_view_json(invocation, item);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {
        "domain", "selector", "algorithm", "bits", "state", "since", "made", NULL};
    static const struct listing listing = {headings, sizeof(struct dkim_key), to_cells, to_json};
    struct text domain;
    struct dkim_key_list list;
    int status = dkim_view_read(invocation, &domain, &list);

    if (status != EX_OK)
        return status;
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {
    "mailctl dkim list", "mailctl dkim list example.org --json", NULL};

const struct command command_dkim_list = {
    .noun = "dkim",
    .verb = "list",
    .arguments = "[DOMAIN]",
    .arguments_max = 1,
    .help = "list the keys of one domain, or of all",
    .details =
        "The state is \"made\" (does not sign yet), \"published\" (the DNS shows it), \"active\"\n"
        "(signs), \"retired\" (signs no more), \"revoked\" (counts for nothing) or \"gone\" (is "
        "to\n"
        "have no record), and the time since when.",
    .examples = list_examples,
    .run = run_list,
};

/* --- show --- */

static int show_keys(
    struct invocation *invocation, const struct dkim_key_list *list, struct text domain)
{
    struct text selector = invocation_argument(invocation, 1);
    json_t *json = json_array();
    size_t found = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (!text_is_empty(selector) && !text_equals_nocase(list->items[i].selector, selector))
            continue;
        found++;
        if (invocation->json)
            json_array_append_new(json, dkim_view_json(invocation, &list->items[i]));
        else
            dkim_view_print(invocation, &list->items[i]);
    }
    if (invocation->json && found != 0)
        output_json(json_incref(json));
    json_decref(json);
    if (found == 0)
        return dkim_view_complain_absent(invocation, domain, selector);
    return EX_OK;
}

static int run_show(struct invocation *invocation)
{
    struct dkim_key_list list;
    struct text domain;
    int status = dkim_view_read(invocation, &domain, &list);

    return status == EX_OK ? show_keys(invocation, &list, domain) : status;
}

static const char *const show_examples[] = {
    "mailctl dkim show example.org", "mailctl -q dkim show example.org 2026q4r", NULL};

const struct command command_dkim_show = {
    .noun = "dkim",
    .verb = "show",
    .arguments = "DOMAIN [SELECTOR]",
    .arguments_min = 1,
    .arguments_max = 2,
    .help = "print the records of a domain's keys, as zone-file lines",
    .details = "A comment before each says its state and since when; --quiet leaves that out.",
    .examples = show_examples,
    .run = run_show,
};
