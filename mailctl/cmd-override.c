/* SPDX-License-Identifier: MIT */

/* override add, set, list, delete: what becomes of mail that fails DMARC, domain by domain. */

#include "lib/base/clock.h"
#include "lib/dns/name.h"
#include "lib/store/dmarc-override.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

static int read_domain(const struct invocation *invocation, struct text *domain_r)
{
    struct text word = invocation_argument(invocation, 0);

    if (!dns_name_normalize(word, invocation->arena, domain_r) || !dns_name_is_domain(*domain_r))
        return invocation_complain(invocation, EX_DATAERR,
            "\"%.*s\": a domain like example.org was expected", TEXT_ARGS(word));
    return EX_OK;
}

/* --- override add --- */

static int read_override(const struct invocation *invocation, struct dmarc_override *override)
{
    struct text word = invocation_argument(invocation, 1);
    int status = read_domain(invocation, &override->domain);

    if (status == EX_OK && !dmarc_action_parse(word, &override->action))
        return invocation_complain(invocation, EX_USAGE,
            "\"%.*s\": accept, quarantine or reject was expected", TEXT_ARGS(word));
    return status;
}

typedef enum err write_fn(struct store *store, const struct dmarc_override *override, int64_t now);
typedef int end_fn(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status);

static int write_override(struct invocation *invocation, write_fn *write, end_fn *end)
{
    struct dmarc_override override = {.action = DMARC_ACTION_ACCEPT};
    struct store *store;
    int status = read_override(invocation, &override);

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    return end(
        invocation, store, write(store, &override, clock_wall()), override.domain, EX_NOHOST);
}

static int run_add(struct invocation *invocation)
{
    return write_override(invocation, dmarc_override_add, directory_end_add);
}

static const struct command_option add_options[] = {
    {"if-missing", NULL, "be content where it is there already"},
    {NULL,         NULL, NULL                                  },
};
static const char *const add_examples[] = {"mailctl override add bank.example reject",
    "mailctl override add careless.example accept", NULL};

const struct command command_override_add = {
    .noun = "override",
    .verb = "add",
    .arguments = "DOMAIN accept|quarantine|reject",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = add_options,
    .help = "say what becomes of mail in a domain's name that fails DMARC",
    .details = "Whatever the owner of the domain asks for. It counts below the domain, too, where\n"
               "no nearer one is set.",
    .examples = add_examples,
    .run = run_add,
};

/* --- override set --- */

static int run_set(struct invocation *invocation)
{
    return write_override(invocation, dmarc_override_set, directory_end_set);
}

static const char *const set_examples[] = {"mailctl override set bank.example quarantine", NULL};

const struct command command_override_set = {
    .noun = "override",
    .verb = "set",
    .arguments = "DOMAIN accept|quarantine|reject",
    .arguments_min = 2,
    .arguments_max = 2,
    .help = "the same, whether there is one already or not",
    .examples = set_examples,
    .run = run_set,
};

/* --- override list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct dmarc_override *override = item;

    (void)invocation;
    return json_pack("{s:o, s:s, s:o}", "domain", output_json_text(override->domain), "action",
        dmarc_action_word(override->action), "created", directory_json_time(override->created));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct dmarc_override *override = item;

    cells[0] = override->domain;
    cells[1] = text_from_string(dmarc_action_word(override->action));
    cells[2] = directory_time(invocation, override->created);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"domain", "action", "created", NULL};
    static const struct listing listing = {
        headings, sizeof(struct dmarc_override), to_cells, to_json};
    struct dmarc_override_list list;
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (dmarc_override_list(store, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {"mailctl override list", NULL};

const struct command command_override_list = {
    .noun = "override",
    .verb = "list",
    .help = "list the overrides",
    .examples = list_examples,
    .run = run_list,
};

/* --- override delete --- */

static int run_delete(struct invocation *invocation)
{
    struct store *store;
    struct text domain;
    int status = read_domain(invocation, &domain);

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    return directory_end_delete(
        invocation, store, dmarc_override_delete(store, domain), domain, EX_NOHOST);
}

static const char *const delete_examples[] = {"mailctl override delete bank.example", NULL};

const struct command command_override_delete = {
    .noun = "override",
    .verb = "delete",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "do again what the owner of the domain asks for",
    .examples = delete_examples,
    .run = run_delete,
};
