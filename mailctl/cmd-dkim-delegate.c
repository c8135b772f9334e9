/* SPDX-License-Identifier: MIT */

/* dkim delegate: the keys of a domain stand in a zone of the operator's own. */

#include <stdio.h>
#include <string.h>

#include "lib/store/dkim-delegation.h"
#include "lib/store/dkim-key.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dkim/delegation.h"
#include "mailctl/domain-records.h"
#include "mailctl/output.h"

struct delegation {
    struct invocation *invocation;
    struct store *keys;
    struct text domain;
    struct text zone;     /* empty: its own */
    struct text intended; /* by the command line */
    struct dkim_key_list list;
};

/* --- what the domain's zone is to have ------------------------------------ */

static size_t make_aliases(const struct delegation *delegation, struct zone_record **aliases_r)
{
    struct arena *arena = delegation->invocation->arena;
    struct domain_records_request request;
    struct domain_records records;
    struct zone_record *aliases;
    size_t count = 0;

    domain_records_init(&request);
    memset(request.wants, 0, sizeof request.wants);
    request.wants[RECORD_DKIM] = true;
    request.domain = delegation->domain;
    request.dkim_zone = delegation->zone;
    request.keys = delegation->list.items;
    request.key_count = delegation->list.count;
    records = domain_records_make(&request, arena);
    aliases = arena_alloc_zero(arena, records.count, sizeof *aliases);
    for (size_t i = 0; i < records.count; i++)
        if (strcmp(records.items[i].record.type, "CNAME") == 0)
            aliases[count++] = records.items[i].record;
    *aliases_r = aliases;
    return count;
}

static json_t *to_json(
    const struct delegation *delegation, const struct zone_record *aliases, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{s:o, s:o}", "name", output_json_text(aliases[i].owner), "target",
                      output_json_text(aliases[i].data)));
    return json_pack("{s:o, s:o, s:o, s:b}", "domain", output_json_text(delegation->domain), "zone",
        delegation->zone.len != 0 ? output_json_text(delegation->zone) : json_null(), "aliases",
        list, "dry_run", (int)delegation->invocation->dry_run);
}

static void print(const struct delegation *delegation)
{
    const struct invocation *invocation = delegation->invocation;
    struct buffer out = BUFFER_NONE;
    struct zone_record *aliases;
    size_t count = make_aliases(delegation, &aliases);

    if (invocation->json) {
        output_json(to_json(delegation, aliases, count));
        return;
    }
    if (zone_fragment_format(aliases, count, &out, NULL) == ERR_NONE)
        fputs(buffer_string(&out), stdout);
    buffer_done(&out);
    if (count == 0)
        invocation_tell(
            invocation, "; the keys of %.*s stand in its own zone", TEXT_ARGS(delegation->domain));
    else
        invocation_tell(invocation,
            "; once the zone of %.*s has these: mailctl dkim rotate %.*s --now",
            TEXT_ARGS(delegation->domain), TEXT_ARGS(delegation->domain));
}

/* --- a change ------------------------------------------------------------- */

static int read_intended(struct delegation *delegation)
{
    const struct invocation *invocation = delegation->invocation;
    const char *given = invocation_value(invocation, "to");
    struct failure failure;
    enum err err;

    if (given == NULL)
        return EX_OK;
    if (invocation_has(invocation, "off"))
        return invocation_complain(invocation, EX_USAGE, "--to and --off contradict each other");
    err = delegation_read_zone(text_from_string(given), delegation->domain, invocation->arena,
        &delegation->intended, &failure);
    if (err != ERR_NONE)
        return invocation_complain(
            invocation, err == ERR_SYNTAX ? EX_USAGE : EX_DATAERR, "--to: %s", failure.text);
    return EX_OK;
}

static int check_keys(const struct delegation *delegation)
{
    struct failure failure;

    if (invocation_has(delegation->invocation, "force") ||
        delegation_check_keys(&delegation->list, &failure) == ERR_NONE)
        return EX_OK;
    return invocation_complain(delegation->invocation, EX_DATAERR,
        "%s: delete it first, or move the record and give --force", failure.text);
}

static int read_state(struct delegation *delegation)
{
    struct invocation *invocation = delegation->invocation;

    if (dkim_delegation_find(delegation->keys, delegation->domain, invocation->arena,
            &delegation->zone) != ERR_NONE ||
        dkim_key_list(delegation->keys, delegation->domain, invocation->arena, &delegation->list) !=
            ERR_NONE)
        return invocation_complain_store(invocation, delegation->keys);
    return EX_OK;
}

static int change(struct delegation *delegation)
{
    struct invocation *invocation = delegation->invocation;
    int status;

    store_begin(delegation->keys);
    status = read_state(delegation);
    if (status == EX_OK && !text_equals(delegation->zone, delegation->intended))
        status = check_keys(delegation);
    if (status == EX_OK &&
        dkim_delegation_set(delegation->keys, delegation->domain, delegation->intended) != ERR_NONE)
        status = invocation_complain_store(invocation, delegation->keys);
    if (status == EX_OK)
        status = read_state(delegation);
    if (status == EX_OK)
        return directory_end(invocation, delegation->keys);
    store_roll_back(delegation->keys);
    return status;
}

static int run_delegate(struct invocation *invocation)
{
    struct delegation delegation = {.invocation = invocation};
    bool is_change = invocation_has(invocation, "to") || invocation_has(invocation, "off");
    int status =
        invocation_own_domain(invocation, invocation_argument(invocation, 0), &delegation.domain);

    if (status == EX_OK)
        status = read_intended(&delegation);
    if (status != EX_OK)
        return status;
    delegation.keys =
        invocation_store(invocation, STORE_KEYS, is_change ? STORE_WRITE : STORE_READ, &status);
    if (delegation.keys == NULL)
        return status;
    status = is_change ? change(&delegation) : read_state(&delegation);
    if (status == EX_OK)
        print(&delegation);
    return status;
}

static const struct command_option delegate_options[] = {
    {"to",    "ZONE", "keys stand in this zone from now on"               },
    {"off",   NULL,   "keys stand in the domain's own zone from now on"   },
    {"force", NULL,   "even where that moves the record of a key there is"},
    {NULL,    NULL,   NULL                                                },
};
static const char *const delegate_examples[] = {
    "mailctl dkim delegate example.org --to keys.example.net", "mailctl dkim delegate example.org",
    NULL};

const struct command command_dkim_delegate = {
    .noun = "dkim",
    .verb = "delegate",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = delegate_options,
    .help = "keep a domain's keys in a zone of one's own, by aliases",
    .details =
        "Prints the CNAME records that the domain's zone is to have: two names of each kind\n"
        "of keys, which take turns, so that later keys need no change there. Keys with other\n"
        "selectors stay where they are until their successors sign.",
    .examples = delegate_examples,
    .run = run_delegate,
};
