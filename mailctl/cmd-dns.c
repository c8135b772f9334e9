/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/dns/name.h"
#include "mailctl/commands.h"
#include "mailctl/dns/record-format.h"
#include "mailctl/dns/record-options.h"
#include "mailctl/output.h"

/* What both verbs gather from the command line, the directory and the keys. */
struct gathered {
    struct text domain, host;
    bool is_relay;
    struct domain_records records;
};

/* A name that sends no mail need not be one of ours: there is nothing to know of it. */
static int gather_silent(struct invocation *invocation, struct domain_records_request *request_r)
{
    struct text domain;
    int status = invocation_domain(invocation, invocation_argument(invocation, 0), &domain);

    return status == EX_OK ? record_options_read_given(invocation, domain, request_r) : status;
}

static int gather_own(struct invocation *invocation, struct domain_records_request *request_r)
{
    struct text domain;
    int status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &domain);

    if (status == EX_OK)
        status = record_options_read(invocation, domain, request_r);
    if (status == EX_OK && request_r->address_count == 0 && request_r->wants[RECORD_ADDRESS] &&
        !invocation->quiet && dns_name_is_within(request_r->host, domain))
        (void)invocation_complain(invocation, EX_OK,
            "without --address IP the address record of %.*s is left out",
            TEXT_ARGS(request_r->host));
    return status;
}

static int gather(struct invocation *invocation, struct gathered *gathered_r)
{
    struct domain_records_request request;
    bool is_silent = invocation_has(invocation, "no-mail");
    int status = is_silent ? gather_silent(invocation, &request) : gather_own(invocation, &request);

    if (status != EX_OK)
        return status;
    gathered_r->domain = request.domain;
    gathered_r->host = request.host;
    gathered_r->is_relay = request.is_relay && !is_silent;
    gathered_r->records = is_silent ? domain_records_make_silent(&request, invocation->arena)
                                    : domain_records_make(&request, invocation->arena);
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

/* A public key is several lines long. */
#define DATA_COLUMN 2

static void show_table(const struct invocation *invocation, const struct gathered *gathered)
{
    static const char *const headings[] = {"name", "type", "data", "purpose", "kind", NULL};
    struct output_table *table = output_table_new(invocation, headings);

    output_table_put_last(table, DATA_COLUMN);
    for (size_t i = 0; i < gathered->records.count; i++) {
        const struct domain_record *item = &gathered->records.items[i];
        struct text cells[] = {item->record.owner, text_from_string(item->record.type),
            data_text(&item->record, invocation->arena), item->purpose,
            text_from_string(record_kind_word(item->kind))};

        output_table_add(table, cells);
    }
    output_table_print(table);
}

/* What belongs into another zone is said beside, since most forms have no place for it. */
static void tell_outside(const struct invocation *invocation, const struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->records.count && !invocation->quiet; i++) {
        const struct zone_record *record = &gathered->records.items[i].record;

        if (!record_format_is_inside(gathered->domain, record))
            (void)invocation_complain(invocation, EX_OK,
                "left out, since it belongs into another zone: %.*s %s %.*s",
                TEXT_ARGS(record->owner), record->type,
                TEXT_ARGS(data_text(record, invocation->arena)));
    }
}

static int show_format(const struct invocation *invocation, const struct record_format *format,
    const struct gathered *gathered)
{
    struct buffer out = BUFFER_NONE;
    struct failure failure;
    int status = EX_OK;

    if (format->write(gathered->domain, &gathered->records, &out, &failure) == ERR_NONE)
        fputs(buffer_string(&out), stdout);
    else
        status = invocation_complain_failure(invocation, &failure);
    buffer_done(&out);
    if (status == EX_OK && format != &record_format_json)
        tell_outside(invocation, gathered);
    return status;
}

static int run_show(struct invocation *invocation)
{
    const char *word = invocation_value(invocation, "format");
    struct gathered gathered = {.host = TEXT_NONE};
    int status = gather(invocation, &gathered);

    if (status != EX_OK)
        return status;
    if (word == NULL && invocation->json)
        word = "json";
    if (word != NULL && strcmp(word, "table") != 0)
        return show_format(invocation, record_format_find(word), &gathered);
    show_table(invocation, &gathered);
    return EX_OK;
}

#define NO_MAIL_OPTION                                                                             \
    {                                                                                              \
        "no-mail", NULL, "the records of a name that neither sends nor takes mail"                 \
    }

static const struct command_option show_options[] = {
    {"format", "table|zone|json|nsupdate|cloudflare|terraform|octodns", "for whom [table]"},
    NO_MAIL_OPTION, RECORD_OPTIONS, {NULL,     NULL,                                                    NULL              }
};
static const char *const show_examples[] = {"mailctl dns show example.org --address 192.0.2.10",
    "mailctl dns show example.org --format cloudflare", "mailctl --json dns show example.org",
    "mailctl dns show www.example.org --no-mail --format zone", NULL};

const struct command command_dns_show = {
    .noun = "dns",
    .verb = "show",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = show_options,
    .help = "list the DNS records that a domain needs, and what each is for",
    .details = "The data of TXT records is shown as one text, ready to be pasted into a form.\n"
               "nsupdate and cloudflare add records and leave what is there; terraform is for\n"
               "HashiCorp's provider \"dns\".",
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
    int status = record_options_addresses(
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

    if (status == EX_OK && gathered.is_relay && !invocation_has(invocation, "fragment"))
        status = invocation_complain(invocation, EX_DATAERR,
            "%.*s is a relay: the rest of its zone is its owner's; \"mailctl dns zone --fragment "
            "%.*s\" prints what goes into it",
            TEXT_ARGS(gathered.domain), TEXT_ARGS(gathered.domain));
    if (status == EX_OK)
        status = read_servers(invocation, &gathered, &servers);
    return status == EX_OK ? print_zone(invocation, &gathered, &servers) : status;
}

static const struct command_option zone_options[] = {
    NO_MAIL_OPTION,
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
