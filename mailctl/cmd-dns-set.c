/* SPDX-License-Identifier: MIT */

/* dns set: what the records of a domain are to look like, kept for all verbs of dns. */

#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dns/kept-options.h"
#include "mailctl/dns/record-options.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

static bool is_option(const char *name)
{
    for (const struct command_option *option = record_options; option->name != NULL; option++)
        if (strcmp(option->name, name) == 0)
            return true;
    return false;
}

/* One option's values in place of those kept; none where it is to be forgotten. */
static enum err set_option(struct store *store, const struct invocation *invocation,
    struct text domain, const struct command_option *option)
{
    const char *const *values;
    size_t count = invocation_values(invocation, option->name, &values);
    struct text *texts = arena_alloc_zero(invocation->arena, count, sizeof *texts);

    if (count == 0)
        return ERR_NONE;
    for (size_t i = 0; i < count; i++)
        texts[i] = text_from_string(values[i]);
    return kept_options_set(
        store, domain, text_from_string(option->name), texts, count, invocation->arena);
}

/* What was given, as it is to be kept. */
static struct dns_option_list list_given(const struct invocation *invocation)
{
    struct dns_option *items =
        arena_alloc_zero(invocation->arena, invocation->option_count, sizeof *items);
    size_t count = 0;

    for (size_t i = 0; i < invocation->option_count; i++) {
        const struct invocation_option *option = &invocation->options[i];

        if (is_option(option->name))
            items[count++] = (struct dns_option){
                text_from_string(option->name), text_from_string(option->value)};
    }
    return (struct dns_option_list){items, count};
}

static int check_given(struct invocation *invocation, struct text domain)
{
    const struct dns_option_list given = list_given(invocation);
    const char *const *values;
    size_t forgotten = invocation_values(invocation, "forget", &values);

    for (size_t i = 0; i < forgotten; i++)
        if (!is_option(values[i]))
            return invocation_bad_value(
                invocation, "forget", "the name of an option, without --", values[i]);
    if (given.count == 0 && forgotten == 0)
        return invocation_complain(invocation, EX_USAGE,
            "nothing to set: say --dmarc-reports ADDRESS, --without KIND and the like "
            "(mailctl help dns set)");
    return record_options_check(invocation, domain, &given);
}

static enum err forget_options(
    struct store *store, const struct invocation *invocation, struct text domain)
{
    const char *const *names;
    size_t count = invocation_values(invocation, "forget", &names);
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err =
            kept_options_set(store, domain, text_from_string(names[i]), NULL, 0, invocation->arena);
    return err;
}

static int run_set(struct invocation *invocation)
{
    struct text domain;
    struct store *store;
    enum err err;
    int status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &domain);

    if (status == EX_OK)
        status = check_given(invocation, domain);
    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    err = forget_options(store, invocation, domain);
    for (const struct command_option *option = record_options;
         err == ERR_NONE && option->name != NULL; option++)
        err = set_option(store, invocation, domain, option);
    return directory_end_set(invocation, store, err, domain, EX_NOHOST);
}

static const struct command_option set_options[] = {
    RECORD_OPTIONS,
    {"forget", "OPTION", "back to what is usual; may be given several times"},
    {NULL,     NULL,     NULL                                               },
};
static const char *const set_examples[] = {
    "mailctl dns set example.org --address 192.0.2.10 --dmarc-reports dmarc@example.org",
    "mailctl dns set example.org --service submissions --service imaps --service sieve",
    "mailctl dns set example.org --without srv --forget address", NULL};

const struct command command_dns_set = {
    .noun = "dns",
    .verb = "set",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = set_options,
    .help = "keep what the records of a domain are to look like",
    .details = "What is kept counts in dns show, zone, check, diff and push as if it were given\n"
               "there. The values of an option take the place of those that it had.",
    .examples = set_examples,
    .run = run_set,
};

/* --- options --------------------------------------------------------------- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct dns_option *option = item;

    (void)invocation;
    return json_pack("{s:o, s:o}", "option", output_json_text(option->name), "value",
        output_json_text(option->value));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct dns_option *option = item;

    (void)invocation;
    cells[0] = option->name;
    cells[1] = option->value;
}

static int run_options(struct invocation *invocation)
{
    static const char *const headings[] = {"option", "value", NULL};
    static const struct listing listing = {headings, sizeof(struct dns_option), to_cells, to_json};
    struct dns_option_list list;
    struct text domain;
    struct store *store;
    int status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &domain);

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (kept_options_list(store, domain, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const options_examples[] = {"mailctl dns options example.org", NULL};

const struct command command_dns_options = {
    .noun = "dns",
    .verb = "options",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "list what \"dns set\" has kept for a domain",
    .examples = options_examples,
    .run = run_options,
};
