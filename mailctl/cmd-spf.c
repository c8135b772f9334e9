/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/base/log.h"
#include "lib/mailauth/spf.h"
#include "mailctl/client-options.h"
#include "mailctl/commands.h"
#include "mailctl/lookups.h"
#include "mailctl/output.h"

static void print_json(const struct spf_verdict *verdict)
{
    json_t *object = json_object();

    json_object_set_new(object, "result", json_string(auth_result_word(verdict->result)));
    json_object_set_new(object, "domain", output_json_text(verdict->domain));
    json_object_set_new(object, "mechanism", output_json_text(verdict->mechanism));
    json_object_set_new(object, "explanation", output_json_text(verdict->explanation));
    if (verdict->problem != NULL)
        json_object_set_new(object, "reason", json_string(verdict->problem));
    json_object_set_new(object, "lookup_terms", json_integer(verdict->lookup_terms));
    json_object_set_new(object, "void_lookups", json_integer(verdict->void_lookups));
    output_json(object);
}

static void print_line(const char *name, struct text value)
{
    char safe[SPF_RECORD_MAX_BYTES];

    if (value.len != 0)
        printf("%s: %s\n", name, log_safe(value.data, value.len, safe, sizeof safe));
}

static void print_verdict(const struct spf_verdict *verdict)
{
    puts(auth_result_word(verdict->result));
    print_line("explanation", verdict->explanation);
    print_line("reason", text_from_string(verdict->problem));
    print_line("domain", verdict->domain);
    print_line("decided by", verdict->mechanism);
    printf("lookups: %u of %d, void %u of %d\n", verdict->lookup_terms, SPF_LOOKUP_TERMS_MAX,
        verdict->void_lookups, SPF_VOID_LOOKUPS_MAX);
}

static int run_spf(struct invocation *invocation)
{
    struct client_options client;
    struct spf_query query = {.receiver = TEXT_NONE};
    struct spf_verdict verdict;
    struct lookups lookups;
    int status = client_options_read(invocation, &client);

    if (status == EX_OK && client.ip.family == IP_NONE)
        status = invocation_complain(invocation, EX_USAGE, "--ip is needed");
    if (status == EX_OK && client.from.len == 0 && client.helo.len == 0)
        status = invocation_complain(
            invocation, EX_USAGE, "--from, or --helo for the null sender, is needed");
    if (status == EX_OK)
        status = client_options_time(invocation, &query.now);
    if (status == EX_OK)
        status = lookups_init(&lookups, invocation);
    if (status != EX_OK)
        return status;
    query.client = client.ip;
    query.helo = client.helo;
    query.sender = client.from;
    while (spf_check(&query, lookups.answers, invocation->arena, &verdict) == AUTH_WAITING)
        lookups_fetch(&lookups);
    if (invocation->json)
        print_json(&verdict);
    else
        print_verdict(&verdict);
    return EX_OK;
}

static const struct command_option spf_options[] = {
    CLIENT_OPTIONS,
    {"time", "SECONDS", "for the macro %{t}, in seconds since 1970"},
    {NULL,   NULL,      NULL                                       },
};
static const char *const spf_examples[] = {"mailctl spf --ip 192.0.2.10 --from alice@example.org",
    "mailctl spf --ip 2001:db8::25 --helo mail.example.org", NULL};

const struct command command_spf = {
    .noun = "spf",
    .options = spf_options,
    .help = "check whether a client may send for an address",
    .details = "Prints the result word first, then why. The exit status is 0 whatever the result\n"
               "says. Neither configuration nor database is needed.",
    .examples = spf_examples,
    .run = run_spf,
};
