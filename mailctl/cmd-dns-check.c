/* SPDX-License-Identifier: MIT */

/* dns check: what the world sees of domains of ours, held against what it should see. */

#include "lib/dns/stream.h"
#include "mailctl/check-domains.h"
#include "mailctl/commands.h"
#include "mailctl/finding-print.h"
#include "mailctl/output.h"

/* Where the findings of all domains go, one domain after the other. */
struct report {
    const struct invocation *invocation;
    json_t *json; /* NULL: lines are printed */
    struct findings all;
};

/* --- what is printed ------------------------------------------------------ */

static void add_json(struct report *report, const struct check_run_domain *domain)
{
    json_array_append_new(report->json,
        json_pack("{s:o, s:i, s:o}", "domain", output_json_text(domain->request.domain), "status",
            findings_status(&domain->findings), "findings", finding_json_all(&domain->findings)));
}

static void on_done(void *context, struct check_run_domain *domain)
{
    struct report *report = context;

    if (report->json != NULL)
        add_json(report, domain);
    else
        finding_print_all(report->invocation, domain->request.domain, &domain->findings);
    for (size_t i = 0; i < domain->findings.list.count; i++)
        array_push(&report->all.list, domain->findings.list.items[i]);
}

/* --- the command ---------------------------------------------------------- */

static int run_check(struct invocation *invocation)
{
    struct report report = {.invocation = invocation, .all = {ARRAY_NONE}};
    struct zone_run run = {.port = STREAM_PORT};
    struct check_run_domain *domains = NULL;
    size_t count = 0;
    int status = check_domains_read(invocation, &domains, &count);

    if (status != EX_OK)
        return status;
    zone_run_want_files(count);
    run.resolver = invocation_resolver(invocation, &status);
    if (run.resolver == NULL)
        return status;
    run.timeout_ms = invocation_dns_timeout_ms(invocation);
    run.resolver_only = invocation_has(invocation, "resolver-only");
    report.json = invocation->json ? json_array() : NULL;
    check_run(&run, domains, count, NULL, on_done, &report);
    status = findings_status(&report.all);
    for (size_t i = 0; i < count; i++)
        findings_done(&domains[i].findings);
    findings_done(&report.all);
    if (report.json != NULL)
        output_json(report.json);
    return status;
}

static const struct command_option check_options[] = {
    {"resolver-only", NULL, "do not ask the zone's own name servers"},
    {NULL,            NULL, NULL                                    },
};
static const char *const check_examples[] = {"mailctl dns check example.org",
    "mailctl -q dns check", "mailctl --json dns check example.org example.net", NULL};

const struct command command_dns_check = {
    .noun = "dns",
    .verb = "check",
    .arguments = "[DOMAIN ...]",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .options = check_options,
    .help = "compare what the DNS shows with what it should show",
    .details =
        "All domains that are not switched off, where none is given. The zone's own name\n"
        "servers are asked, and a resolver for the rest. Each line is fine, wrong with the\n"
        "change to make, or could not be told. The exit status is 0 where all is fine, 1 for\n"
        "warnings, 2 for errors, 3 where something could not be told.",
    .examples = check_examples,
    .run = run_check,
};
