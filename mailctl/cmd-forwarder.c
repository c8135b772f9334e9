/* SPDX-License-Identifier: MIT */

/* forwarder add, list, delete: who may hand on mail that fails DMARC. */

#include "lib/base/clock.h"
#include "lib/dns/name.h"
#include "lib/store/trusted-forwarder.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

static int read_value(
    const struct invocation *invocation, enum forwarder_kind kind, struct text *value_r)
{
    struct text word = invocation_argument(invocation, 1);
    char network_text[IP_NETWORK_TEXT_MAX];
    struct ip_network network;
    struct ip address;

    if (kind != FORWARDER_CLIENT) {
        if (!dns_name_normalize(word, invocation->arena, value_r) || !dns_name_is_domain(*value_r))
            return invocation_complain(invocation, EX_DATAERR,
                "\"%.*s\": a domain like example.org was expected", TEXT_ARGS(word));
        return EX_OK;
    }
    if (!ip_network_parse(word, &network))
        return invocation_complain(invocation, EX_DATAERR,
            "\"%.*s\": an address or a network like 192.0.2.0/24 was expected", TEXT_ARGS(word));
    ip_network_format(&network, network_text);
    if (ip_parse(text_head(word, text_find(word, '/')), &address) &&
        !ip_equals(&address, &network.base))
        return invocation_complain(invocation, EX_DATAERR,
            "\"%.*s\" lies in %s: name the network or the address", TEXT_ARGS(word), network_text);
    *value_r = arena_copy(invocation->arena, text_from_string(network_text));
    return EX_OK;
}

/* KIND VALUE */
static int read_forwarder(const struct invocation *invocation, struct trusted_forwarder *forwarder)
{
    struct text word = invocation_argument(invocation, 0);

    if (!forwarder_kind_parse(word, &forwarder->kind))
        return invocation_complain(invocation, EX_USAGE,
            "\"%.*s\": client, signer, sender or sealer was expected", TEXT_ARGS(word));
    return read_value(invocation, forwarder->kind, &forwarder->value);
}

static struct text name_of(
    const struct invocation *invocation, const struct trusted_forwarder *forwarder)
{
    return arena_print(invocation->arena, "%s %.*s", forwarder_kind_word(forwarder->kind),
        TEXT_ARGS(forwarder->value));
}

/* --- forwarder add --- */

static int run_add(struct invocation *invocation)
{
    struct trusted_forwarder forwarder = {.kind = FORWARDER_CLIENT};
    struct store *store;
    int status = read_forwarder(invocation, &forwarder);
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    err = trusted_forwarder_add(store, &forwarder, clock_wall());
    return directory_end_add(invocation, store, err, name_of(invocation, &forwarder), EX_NOHOST);
}

static const struct command_option add_options[] = {
    {"if-missing", NULL, "be content where it is there already"},
    {NULL,         NULL, NULL                                  },
};
static const char *const add_examples[] = {"mailctl forwarder add signer lists.example.org",
    "mailctl forwarder add client 192.0.2.25", "mailctl forwarder add sender forms.example", NULL};

const struct command command_forwarder_add = {
    .noun = "forwarder",
    .verb = "add",
    .arguments = "client|signer|sender|sealer VALUE",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = add_options,
    .help = "take mail that fails DMARC from a list, a web form, a relay",
    .details = "client: an address or network. signer: a domain whose DKIM signature passes.\n"
               "sender: a domain of the envelope for which SPF passes. sealer: a domain whose ARC\n"
               "seal says that DMARC passed there. Domains stand for what is below them, too.",
    .examples = add_examples,
    .run = run_add,
};

/* --- forwarder list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct trusted_forwarder *forwarder = item;

    (void)invocation;
    return json_pack("{s:s, s:o, s:o}", "kind", forwarder_kind_word(forwarder->kind), "value",
        output_json_text(forwarder->value), "created", directory_json_time(forwarder->created));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct trusted_forwarder *forwarder = item;

    cells[0] = text_from_string(forwarder_kind_word(forwarder->kind));
    cells[1] = forwarder->value;
    cells[2] = directory_time(invocation, forwarder->created);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"kind", "value", "created", NULL};
    static const struct listing listing = {
        headings, sizeof(struct trusted_forwarder), to_cells, to_json};
    struct trusted_forwarder_list list;
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (trusted_forwarder_list(store, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {"mailctl forwarder list", NULL};

const struct command command_forwarder_list = {
    .noun = "forwarder",
    .verb = "list",
    .help = "list the trusted forwarders",
    .examples = list_examples,
    .run = run_list,
};

/* --- forwarder delete --- */

static int run_delete(struct invocation *invocation)
{
    struct trusted_forwarder forwarder = {.kind = FORWARDER_CLIENT};
    struct store *store;
    int status = read_forwarder(invocation, &forwarder);
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    err = trusted_forwarder_delete(store, forwarder.kind, forwarder.value);
    return directory_end_delete(invocation, store, err, name_of(invocation, &forwarder), EX_NOHOST);
}

static const char *const delete_examples[] = {
    "mailctl forwarder delete signer lists.example.org", NULL};

const struct command command_forwarder_delete = {
    .noun = "forwarder",
    .verb = "delete",
    .arguments = "client|signer|sender|sealer VALUE",
    .arguments_min = 2,
    .arguments_max = 2,
    .help = "trust a forwarder no more",
    .examples = delete_examples,
    .run = run_delete,
};
