/* SPDX-License-Identifier: MIT */

/* dns check: what the world sees of domains of ours, held against what it should see. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/dns/stream.h"
#include "lib/store/domain.h"
#include "mailctl/commands.h"
#include "mailctl/dkim/rotation-run.h"
#include "mailctl/dns/check-run.h"
#include "mailctl/dns/record-options.h"
#include "mailctl/output.h"

/* Where the findings of all domains go, one domain after the other. */
struct report {
    const struct invocation *invocation;
    json_t *json; /* NULL: lines are printed */
    struct findings all;
};

/* --- which domains -------------------------------------------------------- */

static int list_all(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain_list list;

    if (store == NULL)
        return status;
    if (domain_list(store, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    *domains_r = arena_alloc_zero(invocation->arena, list.count, sizeof **domains_r);
    *count_r = list.count;
    for (size_t i = 0; i < list.count; i++)
        (*domains_r)[i].request.domain = list.items[i].name;
    return EX_OK;
}

static int list_given(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = EX_OK;

    *count_r = invocation->argument_count;
    *domains_r = arena_alloc_zero(invocation->arena, *count_r, sizeof **domains_r);
    for (size_t i = 0; status == EX_OK && i < *count_r; i++)
        status = invocation_own_domain(
            invocation, invocation_argument(invocation, i), &(*domains_r)[i].request.domain);
    return status;
}

static int read_domains(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = invocation->argument_count == 0 ? list_all(invocation, domains_r, count_r)
                                                 : list_given(invocation, domains_r, count_r);

    for (size_t i = 0; status == EX_OK && i < *count_r; i++) {
        struct check_run_domain *domain = &(*domains_r)[i];

        status = record_options_read(invocation, domain->request.domain, &domain->request);
        if (status != EX_OK)
            break;
        domain->records = domain_records_make(&domain->request, invocation->arena);
        domain->mail_life_s = rotation_run_queue_life_s(invocation->settings);
    }
    return status;
}

/* --- what is printed ------------------------------------------------------ */

static json_t *finding_json(const struct finding *finding)
{
    json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "level", finding_level_word(finding->level),
        "code", finding->code, "name", output_json_text(finding->name), "message",
        output_json_text(finding->message));

    if (finding->type != NULL)
        json_object_set_new(json, "type", json_string(finding->type));
    if (finding->change.len != 0)
        json_object_set_new(json, "change", output_json_text(finding->change));
    return json;
}

static void add_json(struct report *report, const struct check_run_domain *domain)
{
    json_t *list = json_array();

    for (size_t i = 0; i < domain->findings.list.count; i++)
        json_array_append_new(list, finding_json(&domain->findings.list.items[i]));
    json_array_append_new(report->json,
        json_pack("{s:o, s:i, s:o}", "domain", output_json_text(domain->request.domain), "status",
            findings_status(&domain->findings), "findings", list));
}

/* Where the locale has no such signs, letters do. */
static const char *mark_of(enum finding_level level)
{
    static const char *const marks[] = {
        [FINDING_FINE] = "\u2713",
        [FINDING_WARNING] = "!",
        [FINDING_ERROR] = "\u2716",
        [FINDING_UNKNOWN] = "?",
    };

    static const char *const letters[] = {
        [FINDING_FINE] = "ok",
        [FINDING_WARNING] = "!",
        [FINDING_ERROR] = "x",
        [FINDING_UNKNOWN] = "?",
    };

    return MB_CUR_MAX > 1 ? marks[level] : letters[level];
}

static const char *color_of(enum finding_level level)
{
    static const char *const colors[] = {
        [FINDING_FINE] = "\033[32m",
        [FINDING_WARNING] = "\033[33m",
        [FINDING_ERROR] = "\033[31m",
        [FINDING_UNKNOWN] = "\033[35m",
    };

    return colors[level];
}

static void print_for_people(const struct invocation *invocation, const struct finding *finding)
{
    bool is_colored = output_is_colored(invocation);

    printf("%s%s%s %.*s%s%s: %.*s\n", is_colored ? color_of(finding->level) : "",
        mark_of(finding->level), is_colored ? "\033[0m" : "", TEXT_ARGS(finding->name),
        finding->type != NULL ? " " : "", finding->type != NULL ? finding->type : "",
        TEXT_ARGS(finding->message));
    if (finding->change.len != 0)
        printf("    %.*s\n", TEXT_ARGS(finding->change));
}

static void print_for_pipe(struct text domain, const struct finding *finding)
{
    printf("%.*s\t%s\t%s\t%.*s\t%s\t%.*s\t%.*s\n", TEXT_ARGS(domain),
        finding_level_word(finding->level), finding->code, TEXT_ARGS(finding->name),
        finding->type != NULL ? finding->type : "", TEXT_ARGS(finding->message),
        TEXT_ARGS(finding->change));
}

static void print_findings(const struct report *report, const struct check_run_domain *domain)
{
    bool is_terminal = isatty(STDOUT_FILENO) != 0;

    for (size_t i = 0; i < domain->findings.list.count; i++) {
        const struct finding *finding = &domain->findings.list.items[i];

        if (finding->level == FINDING_FINE && report->invocation->quiet)
            continue;
        if (is_terminal)
            print_for_people(report->invocation, finding);
        else
            print_for_pipe(domain->request.domain, finding);
    }
    fflush(stdout);
}

static void on_done(void *context, struct check_run_domain *domain)
{
    struct report *report = context;

    if (report->json != NULL)
        add_json(report, domain);
    else
        print_findings(report, domain);
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
    int status = read_domains(invocation, &domains, &count);

    if (status != EX_OK)
        return status;
    zone_run_want_files(count);
    run.resolver = invocation_resolver(invocation, &status);
    if (run.resolver == NULL)
        return status;
    run.timeout_ms = invocation_dns_timeout_ms(invocation);
    run.resolver_only = invocation_has(invocation, "resolver-only");
    report.json = invocation->json ? json_array() : NULL;
    check_run(&run, domains, count, on_done, &report);
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
        "All domains, where none is given. The zone's own name servers are asked, and a\n"
        "resolver for the rest. Each line is fine, wrong with the change to make, or could\n"
        "not be told. The exit status is 0 where all is fine, 1 for warnings, 2 for errors,\n"
        "3 where something could not be told.",
    .examples = check_examples,
    .run = run_check,
};
