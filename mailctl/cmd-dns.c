/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/dns/name.h"
#include "mailctl/commands.h"
#include "mailctl/domain-records.h"
#include "mailctl/output.h"

/* What both verbs gather from the command line, the directory and the keys. */
struct gathered {
    struct text domain, host;
    struct domain_records records;
};

static int read_addresses(const struct invocation *invocation, const char *option,
    const struct ip **addresses_r, size_t *count_r)
{
    const char *const *values;
    size_t count = invocation_values(invocation, option, &values);
    struct ip *addresses = arena_alloc_zero(invocation->arena, count, sizeof *addresses);

    for (size_t i = 0; i < count; i++)
        if (!ip_parse(text_from_string(values[i]), &addresses[i]))
            return invocation_bad_value(invocation, option, "an IP address", values[i]);
    *addresses_r = addresses;
    *count_r = count;
    return EX_OK;
}

static int read_host(struct invocation *invocation, struct text *host_r)
{
    const char *given = invocation_value(invocation, "host");
    const struct settings *settings;
    bool is_given = given != NULL;
    int status = EX_CONFIG;

    if (given == NULL) {
        settings = invocation_settings(invocation, &status);
        if (settings == NULL)
            return status;
        given = settings_hostname(settings);
    }
    if (!dns_name_normalize(text_from_string(given), invocation->arena, host_r) ||
        !dns_name_is_domain(*host_r))
        return invocation_complain(invocation, is_given ? EX_USAGE : EX_CONFIG,
            "the mail host's name \"%s\" is not fully qualified (set hostname in the "
            "configuration, or say --host mail.example.org)",
            given);
    return EX_OK;
}

static int read_dmarc(const struct invocation *invocation, struct domain_records_request *request)
{
    const char *policy = invocation_value(invocation, "dmarc-policy");
    const char *reports = invocation_value(invocation, "dmarc-reports");

    request->dmarc_policy = DMARC_POLICY_QUARANTINE;
    if (policy != NULL) {
        int wanted = DMARC_POLICY_NONE;

        while (wanted < DMARC_POLICY_REJECT &&
               strcmp(policy, dmarc_policy_word((enum dmarc_policy)wanted)) != 0)
            wanted++;
        request->dmarc_policy = (enum dmarc_policy)wanted;
    }
    if (reports != NULL && (strchr(reports, '@') == NULL || strpbrk(reports, ",!; \t%\"") != NULL))
        return invocation_bad_value(
            invocation, "dmarc-reports", "an address like dmarc@example.org", reports);
    request->dmarc_reports = text_from_string(reports);
    return EX_OK;
}

static int read_keys(struct invocation *invocation, struct domain_records_request *request)
{
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    struct dkim_key_list keys;

    if (store == NULL)
        return status;
    if (dkim_key_list(store, request->domain, invocation->arena, &keys) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    request->keys = keys.items;
    request->key_count = keys.count;
    return EX_OK;
}

static int read_srs(struct invocation *invocation, struct domain_records_request *request)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    struct text domain;

    if (settings == NULL)
        return status;
    domain = settings_srs_domain(settings, invocation->arena);
    if (dns_name_is_within(domain, request->domain) && !text_equals(domain, request->domain))
        request->srs_domain = domain;
    return EX_OK;
}

static int gather(struct invocation *invocation, struct gathered *gathered_r)
{
    struct domain_records_request request = {.address_count = 0};
    int status =
        invocation_own_domain(invocation, invocation_argument(invocation, 0), &request.domain);

    if (status == EX_OK)
        status = read_host(invocation, &request.host);
    if (status == EX_OK)
        status = read_addresses(invocation, "address", &request.addresses, &request.address_count);
    if (status == EX_OK)
        status = read_dmarc(invocation, &request);
    if (status == EX_OK)
        status = read_keys(invocation, &request);
    if (status == EX_OK)
        status = read_srs(invocation, &request);
    if (status != EX_OK)
        return status;
    if (request.address_count == 0 && !invocation->quiet &&
        dns_name_is_within(request.host, request.domain))
        (void)invocation_complain(invocation, EX_OK,
            "without --address IP the address record of %.*s is left out", TEXT_ARGS(request.host));
    gathered_r->domain = request.domain;
    gathered_r->host = request.host;
    gathered_r->records = domain_records_make(&request, invocation->arena);
    return EX_OK;
}

/* --- show --- */

static struct text data_text(const struct zone_record *record, struct arena *arena)
{
    struct buffer data = BUFFER_NONE;
    struct text text;

    if (strcmp(record->type, "TXT") == 0)
        return record->data;
    zone_record_format_data(record, &data);
    text = arena_copy(arena, buffer_text(&data));
    buffer_done(&data);
    return text;
}

static void show_json(const struct invocation *invocation, const struct domain_records *records)
{
    json_t *json = json_array();

    for (size_t i = 0; i < records->count; i++) {
        const struct domain_record *item = &records->items[i];
        json_t *row = json_object();

        json_object_set_new(row, "name", output_json_text(item->record.owner));
        json_object_set_new(row, "type", json_string(item->record.type));
        json_object_set_new(
            row, "data", output_json_text(data_text(&item->record, invocation->arena)));
        json_object_set_new(row, "purpose", output_json_text(item->purpose));
        json_array_append_new(json, row);
    }
    output_json(json);
}

/* A public key is several lines long. */
#define DATA_COLUMN 2

static int run_show(struct invocation *invocation)
{
    static const char *const headings[] = {"name", "type", "data", "purpose", NULL};
    struct output_table *table = output_table_new(invocation, headings);
    struct gathered gathered = {.host = TEXT_NONE};
    int status = gather(invocation, &gathered);

    if (status != EX_OK)
        return status;
    if (invocation->json) {
        show_json(invocation, &gathered.records);
        return EX_OK;
    }
    output_table_put_last(table, DATA_COLUMN);
    for (size_t i = 0; i < gathered.records.count; i++) {
        const struct domain_record *item = &gathered.records.items[i];
        struct text cells[] = {item->record.owner, text_from_string(item->record.type),
            data_text(&item->record, invocation->arena), item->purpose};

        output_table_add(table, cells);
    }
    output_table_print(table);
    return EX_OK;
}

#define RECORD_OPTIONS                                                                             \
    {"host", "NAME", "the mail host [the setting hostname]"},                                      \
        {"address", "IP", "of the mail host; may be given several times"},                         \
        {"dmarc-policy", "none|quarantine|reject", "what receivers are asked to do [quarantine]"}, \
    {                                                                                              \
        "dmarc-reports", "ADDRESS", "where receivers send aggregate reports"                       \
    }

static const struct command_option show_options[] = {
    RECORD_OPTIONS, {NULL, NULL, NULL}
};
static const char *const show_examples[] = {"mailctl dns show example.org --address 192.0.2.10",
    "mailctl --json dns show example.org", NULL};

const struct command command_dns_show = {
    .noun = "dns",
    .verb = "show",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = show_options,
    .help = "list the DNS records that a domain needs, and what each is for",
    .details = "The data of TXT records is shown as one text, ready to be pasted into a form.",
    .examples = show_examples,
    .run = run_show,
};

/* --- zone --- */

struct servers {
    struct text *names;
    size_t count;
    const struct ip *addresses; /* for the name servers inside the zone */
    size_t address_count;
};

static int read_servers(
    const struct invocation *invocation, const struct gathered *gathered, struct servers *servers_r)
{
    const char *const *values;
    size_t count = invocation_values(invocation, "nameserver", &values);
    int status = read_addresses(
        invocation, "nameserver-address", &servers_r->addresses, &servers_r->address_count);

    if (status != EX_OK)
        return status;
    servers_r->names = arena_alloc_zero(invocation->arena, count + 1, sizeof(struct text));
    servers_r->count = count != 0 ? count : 1;
    for (size_t i = 0; i < count; i++)
        if (!dns_name_normalize(
                text_from_string(values[i]), invocation->arena, &servers_r->names[i]) ||
            !dns_name_is_domain(servers_r->names[i]))
            return invocation_bad_value(
                invocation, "nameserver", "a name like ns1.example.org", values[i]);
    if (count == 0)
        servers_r->names[0] =
            servers_r->address_count != 0
                ? arena_print(invocation->arena, "ns1.%.*s", TEXT_ARGS(gathered->domain))
                : gathered->host;
    return EX_OK;
}

/* The records inside the zone, and the addresses of name servers inside it. */
static size_t zone_records(const struct invocation *invocation, const struct gathered *gathered,
    const struct servers *servers, struct zone_record **records_r)
{
    size_t most = gathered->records.count + servers->count * servers->address_count, count = 0;
    struct zone_record *records = arena_alloc_zero(invocation->arena, most, sizeof *records);

    for (size_t i = 0; i < gathered->records.count; i++)
        if (dns_name_is_within(gathered->records.items[i].record.owner, gathered->domain))
            records[count++] = gathered->records.items[i].record;
    for (size_t i = 0; i < servers->count; i++) {
        if (!dns_name_is_within(servers->names[i], gathered->domain))
            continue;
        for (size_t j = 0; j < servers->address_count; j++)
            records[count++] = zone_record_address(
                servers->names[i], 0, &servers->addresses[j], invocation->arena);
    }
    *records_r = records;
    return count;
}

static int print_zone(const struct invocation *invocation, const struct gathered *gathered,
    const struct servers *servers)
{
    struct zone_record *records;
    size_t count = zone_records(invocation, gathered, servers, &records);
    struct zone zone = {.origin = gathered->domain,
        .name_servers = servers->names,
        .name_server_count = servers->count,
        .serial = (uint32_t)clock_wall(),
        .records = records,
        .record_count = count};
    struct buffer out = BUFFER_NONE;
    struct failure failure;
    int status = EX_OK;
    enum err err;

    if (invocation_has(invocation, "fragment"))
        err = zone_fragment_format(records, count, &out, &failure);
    else
        err = zone_format(&zone, &out, &failure);
    if (err == ERR_NONE)
        fputs(buffer_string(&out), stdout);
    else
        status = invocation_complain_failure(invocation, &failure);
    if (err == ERR_REFUSED)
        (void)invocation_complain(invocation, EX_DATAERR,
            "hosts inside the zone need addresses: --address IP for the mail host, "
            "--nameserver-address IP for name servers");
    buffer_done(&out);
    return status;
}

static int run_zone(struct invocation *invocation)
{
    struct gathered gathered = {.host = TEXT_NONE};
    struct servers servers = {.address_count = 0};
    int status = gather(invocation, &gathered);

    if (status == EX_OK)
        status = read_servers(invocation, &gathered, &servers);
    return status == EX_OK ? print_zone(invocation, &gathered, &servers) : status;
}

static const struct command_option zone_options[] = {
    RECORD_OPTIONS,
    {"nameserver",         "NAME", "of the zone; may be given several times"},
    {"nameserver-address", "IP",   "of name servers inside the zone"        },
    {"fragment",           NULL,   "the records alone, without SOA and NS"  },
    {NULL,                 NULL,   NULL                                     },
};
static const char *const zone_examples[] = {"mailctl dns zone example.org --fragment",
    "mailctl dns zone example.org --address 192.0.2.10 --nameserver ns.example.net",
    "mailctl dns zone example.org --address 192.0.2.10 --nameserver-address 192.0.2.53", NULL};

const struct command command_dns_zone = {
    .noun = "dns",
    .verb = "zone",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = zone_options,
    .help = "print the domain's zone as a name server reads it",
    .details =
        "A whole zone with SOA and NS, or with --fragment the records to put into a zone that\n"
        "is kept elsewhere. Without --nameserver, ns1 in the domain serves it, or the mail host\n"
        "where no --nameserver-address is given.",
    .examples = zone_examples,
    .run = run_zone,
};
