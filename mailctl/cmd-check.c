/* SPDX-License-Identifier: MIT */

/* check: the DNS of our domains, and this host as other servers see it. */

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/dns/stream.h"
#include "mailctl/check-domains.h"
#include "mailctl/check/host-calls.h"
#include "mailctl/check/host-names.h"
#include "mailctl/check/judge-domain-lists.h"
#include "mailctl/check/judge-roles.h"
#include "mailctl/check/judge-senders.h"
#include "mailctl/check/last-run.h"
#include "mailctl/commands.h"
#include "mailctl/finding-print.h"
#include "mailctl/output.h"

/* One call: what is looked at, and what was found. */
struct check_call {
    struct invocation *invocation;
    struct host host;
    struct host_names names;
    struct host_calls calls;
    struct arena *arena;   /* of what is found of the host; of its thread until it is joined */
    struct findings found; /* that */
    struct check_run_domain *domains;
    struct domain_roles *roles; /* of each domain */
    size_t domain_count, done_count;
    struct findings all;   /* of everything, for the exit status */
    struct last_run *last; /* what is different from it is told, and nothing else; NULL: all is */
    json_t *json;          /* of the domains, or the changes; NULL: lines are printed */
    bool has_progress;
    bool is_host_told;
};

/* --- progress ------------------------------------------------------------- */

static void show_progress(const struct check_call *call)
{
    if (call->has_progress)
        fprintf(stderr, "\rchecking: %zu of %zu", call->done_count, call->domain_count + 1);
}

static void clear_progress(const struct check_call *call)
{
    if (call->has_progress)
        fputs("\r\033[K", stderr);
}

/* --- what was found ------------------------------------------------------- */

static void add_all(struct check_call *call, const struct findings *findings)
{
    for (size_t i = 0; i < findings->list.count; i++)
        array_push(&call->all.list, findings->list.items[i]);
}

static void tell_change(const struct check_call *call, const struct change *change)
{
    const char *word = change_kind_word(change->kind);
    bool is_for_people = isatty(STDOUT_FILENO) != 0;

    if (call->json != NULL) {
        json_array_append_new(call->json,
            json_pack("{s:s, s:o, s:o}", "what", word, "about", output_json_text(change->about),
                "finding", finding_json(&change->finding)));
        return;
    }
    if (is_for_people && change->kind == CHANGE_UNKNOWN)
        word = "could not tell";
    printf("%s%s", word, is_for_people ? ": " : "\t");
    finding_print(call->invocation, change->about, &change->finding);
}

static void tell_changes(const struct check_call *call, struct changes *changes)
{
    for (size_t i = 0; i < changes->list.count; i++)
        tell_change(call, &changes->list.items[i]);
    array_done(&changes->list);
}

static bool is_of_all(const struct invocation *invocation)
{
    return invocation->argument_count == 0 && !invocation_has(invocation, "host-only");
}

/* Which ports are called is for the domains to say; with some of them others stay as they were. */
static void tell_changes_of_host(const struct check_call *call)
{
    struct last_run_look look = {
        .kind = LAST_RUN_HOST, .about = call->host.name, .findings = &call->found};
    struct changes changes = {ARRAY_NONE};

    if (!is_of_all(call->invocation))
        look.left_out_count = host_calls_left_out(&call->calls, call->arena, &look.left_out);
    last_run_take(call->last, &look, &changes);
    tell_changes(call, &changes);
}

static void tell_changes_of_domain(
    const struct check_call *call, const struct check_run_domain *domain)
{
    const struct last_run_look look = {.kind = LAST_RUN_DOMAIN,
        .about = domain->request.domain,
        .findings = &domain->findings,
        .beside = &call->found};
    struct changes changes = {ARRAY_NONE};

    last_run_take(call->last, &look, &changes);
    tell_changes(call, &changes);
}

/* Domains that are no more. */
static void tell_rest(const struct check_call *call)
{
    struct changes changes = {ARRAY_NONE};

    if (call->last == NULL || !is_of_all(call->invocation))
        return;
    last_run_forget(call->last, &changes);
    tell_changes(call, &changes);
}

static void tell_all(const struct check_call *call, const struct check_run_domain *domain)
{
    if (call->json != NULL)
        json_array_append_new(call->json,
            json_pack("{s:o, s:i, s:o}", "domain", output_json_text(domain->request.domain),
                "status", findings_status(&domain->findings), "findings",
                finding_json_all(&domain->findings)));
    else
        finding_print_all(call->invocation, domain->request.domain, &domain->findings);
}

/* The host stands before the domains. */
static void tell_host(struct check_call *call)
{
    if (call->is_host_told)
        return;
    call->is_host_told = true;
    host_names_join(&call->names);
    host_calls_join(&call->calls);
    host_judge_ports(&call->calls, clock_wall(), call->arena, &call->found);
    host_judge_relays(&call->calls, call->arena, &call->found);
    host_judge_outside(&call->calls, call->arena, &call->found);
    call->done_count++;
    clear_progress(call);
    if (call->last != NULL)
        tell_changes_of_host(call);
    else if (call->json == NULL)
        finding_print_all(call->invocation, call->host.name, &call->found);
    add_all(call, &call->found);
}

static void tell_domain(void *context, struct check_run_domain *domain)
{
    struct check_call *call = context;

    tell_host(call);
    if (!domain->request.is_relay) /* it passes mail on; who sends for it is its owner's */
        judge_senders(domain->request.domain, &call->found, &domain->findings, call->arena);
    judge_roles(&call->roles[domain - call->domains], &domain->findings, call->arena);
    call->done_count++;
    clear_progress(call);
    if (call->last != NULL)
        tell_changes_of_domain(call, domain);
    else
        tell_all(call, domain);
    add_all(call, &domain->findings);
    show_progress(call);
}

static void print_json(const struct check_call *call)
{
    json_t *host;

    if (call->last != NULL) {
        output_json(
            json_pack("{s:i, s:o}", "status", findings_status(&call->all), "changes", call->json));
        return;
    }
    host = json_pack("{s:o, s:i, s:o}", "host", output_json_text(call->host.name), "status",
        findings_status(&call->found), "findings", finding_json_all(&call->found));

    output_json(json_pack("{s:i, s:o, s:o}", "status", findings_status(&call->all), "host", host,
        "domains", call->json));
}

/* --- what is looked at ---------------------------------------------------- */

/*
 * The addresses that were found are those that SPF is judged by, where nobody has kept others. What
 * their reverse names are like is told of the host, once.
 */
static void lend_addresses(struct check_call *call)
{
    for (size_t i = 0; i < call->domain_count; i++) {
        struct domain_records_request *request = &call->domains[i].request;

        request->wants[RECORD_PTR] = false;
        if (request->address_count == 0 && text_equals(request->host, call->host.name)) {
            request->addresses = call->host.mail.items;
            request->address_count = call->host.mail.count;
        }
        call->domains[i].records = domain_records_make(request, call->invocation->arena);
    }
}

static int read_call(struct check_call *call, struct zone_run *run)
{
    struct invocation *invocation = call->invocation;
    int status = host_read(invocation, &call->host);

    if (status == EX_OK && !invocation_has(invocation, "host-only"))
        status = check_domains_read(invocation, &call->domains, &call->domain_count);
    if (status == EX_OK && call->domain_count != 0)
        status = check_domains_roles(invocation, call->domains, call->domain_count, &call->roles);
    if (status != EX_OK)
        return status;
    lend_addresses(call);
    zone_run_want_files(call->domain_count);
    run->resolver = invocation_resolver(invocation, &status);
    run->timeout_ms = invocation_dns_timeout_ms(invocation);
    run->resolver_only = invocation_has(invocation, "resolver-only");
    return run->resolver != NULL ? EX_OK : status;
}

static void start_names(struct check_call *call, const struct zone_run *run)
{
    const struct config_list *lists = &call->invocation->settings->check.blocklists;
    const struct config_list *domain_lists = &call->invocation->settings->check.domain_blocklists;

    call->names = (struct host_names){
        .check = {.host = &call->host,
                  .blocklists = lists->items,
                  .blocklist_count = lists->count,
                  .domain_blocklists = domain_lists->items,
                  .domain_blocklist_count = domain_lists->count,
                  .arena = call->arena,
                  .findings = &call->found},
        .resolver = run->resolver,
        .timeout_ms = run->timeout_ms
    };
    host_names_start(&call->names);
}

/* What domains promise to their users should be there. */
static void start_calls(struct check_call *call, const struct zone_run *run)
{
    unsigned services = 0;

    for (size_t i = 0; i < call->domain_count; i++)
        if (text_equals(call->domains[i].request.host, call->host.name))
            services |= call->domains[i].request.services;
    call->calls = (struct host_calls){.host = &call->host,
        .outside = call->invocation->settings->check.outside,
        .resolver = run->resolver,
        .timeout_ms = run->timeout_ms};
    host_calls_plan(&call->calls, services);
    host_calls_start(&call->calls);
}

static bool judge_lists(void *context, const struct check_run_domain *domain,
    struct answers *resolver, struct arena *arena, struct findings *findings)
{
    const struct config_list *lists =
        &((const struct check_call *)context)->invocation->settings->check.domain_blocklists;

    return judge_domain_lists(
        domain->request.domain, lists->items, lists->count, resolver, arena, findings);
}

static void look(struct check_call *call, const struct zone_run *run)
{
    (void)signal(SIGPIPE, SIG_IGN);
    show_progress(call);
    start_names(call, run);
    start_calls(call, run);
    check_run(run, call->domains, call->domain_count, judge_lists, tell_domain, call);
    tell_host(call);
    clear_progress(call);
    tell_rest(call);
    if (call->json != NULL)
        print_json(call);
}

/* What was found becomes the last run. */
static int save(const struct check_call *call)
{
    const struct invocation *invocation = call->invocation;
    struct failure failure;
    size_t cut = 0;

    if (call->last == NULL || invocation->dry_run)
        return EX_OK;
    if (last_run_save(call->last, &cut, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    if (cut == 0)
        return EX_OK;
    /* With --quiet, too: as the timer calls it, and nobody would know why all is new. */
    return invocation_complain(invocation, EX_OK,
        "%s has room for %zu bytes: what was found of %zu domains is not kept, and will be told as "
        "new the next time",
        call->last->path, call->last->bytes_max, cut);
}

static int open_last(struct check_call *call, struct last_run *last)
{
    struct invocation *invocation = call->invocation;
    struct failure failure;

    if (!invocation_has(invocation, "changes"))
        return EX_OK;
    if (last_run_open(invocation->settings->state_directory, invocation->arena, last, &failure) !=
        ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    call->last = last;
    return EX_OK;
}

static void done(struct check_call *call)
{
    host_calls_done(&call->calls);
    for (size_t i = 0; i < call->domain_count; i++)
        findings_done(&call->domains[i].findings);
    findings_done(&call->found);
    findings_done(&call->all);
    arena_free(&call->arena);
    if (call->last != NULL)
        last_run_done(call->last);
}

static int run_check(struct invocation *invocation)
{
    struct check_call call = {.invocation = invocation,
        .arena = arena_new(),
        .found = {ARRAY_NONE},
        .all = {ARRAY_NONE},
        .has_progress = isatty(STDERR_FILENO) != 0 && !invocation->quiet};
    struct zone_run run = {.port = STREAM_PORT};
    struct last_run last;
    int status = read_call(&call, &run);

    if (status == EX_OK)
        status = open_last(&call, &last);
    if (status == EX_OK) {
        call.json = invocation->json ? json_array() : NULL;
        look(&call, &run);
        status = save(&call);
        if (status == EX_OK)
            status = findings_status(&call.all);
    }
    done(&call);
    return status;
}

static const struct command_option check_options[] = {
    {"address",       "IP", "where our mail comes from, as others see it; several times"   },
    {"changes",       NULL, "tell only what is different from the last call with --changes"},
    {"host-only",     NULL, "look at the host alone, at no domain"                         },
    {"resolver-only", NULL, "do not ask the zones' own name servers"                       },
    {NULL,            NULL, NULL                                                           },
};
static const char *const check_examples[] = {"mailctl check", "mailctl -q check example.org",
    "mailctl check --host-only --address 192.0.2.10", "mailctl -q check --changes",
    "mailctl --json check", NULL};

const struct command command_check = {
    .noun = "check",
    .arguments = "[DOMAIN ...]",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .options = check_options,
    .help = "will other servers take our mail: this host, and the DNS of our domains",
    .details =
        "What \"dns check\" says of the domains, of all where none is given; and of the host:\n"
        "its reverse names, the name that it says in EHLO, blocklists, its ports with TLS and\n"
        "certificates, whether strangers may relay, whether it may call others on port 25, and\n"
        "settings of Postfix that break signatures; then what Gmail, Yahoo and Outlook.com ask of\n"
        "senders, and whether somebody gets what is for postmaster. Each line is fine, wrong with\n"
        "the change to make, or could not be told. The exit status is 0 where all is fine, 1 for\n"
        "warnings, 2 for errors, 3 where something could not be told.",
    .examples = check_examples,
    .run = run_check,
};
