/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/zone-check.h"

#include "mailctl/dns/judge.h"

static judge_fn *const judges[] = {judge_zone, judge_dnssec, judge_mx, judge_spf, judge_dkim,
    judge_dmarc, judge_tls_reports, judge_mta_sts, judge_tlsa, judge_names};

/* True where one of the zone's servers answers, or may yet. */
static bool has_server(struct check *check)
{
    bool has_one = false;

    for (size_t i = 0; i < check->view->server_count; i++) {
        const struct zone_server *server = &check->view->servers[i];
        const struct dns_answer *answer;

        if (server->ip.family == IP_NONE)
            continue;
        answer = answers_ask(server->answers, check->view->zone, DNS_SOA);
        has_one = has_one || answer == NULL || answer->status != DNS_TEMPORARY;
    }
    return has_one;
}

/* A domain that is not there, or of which nobody tells anything, has nothing to be judged. */
static bool is_hopeless(struct check *check)
{
    struct text domain = check->request->domain;
    const struct dns_answer *answer = answers_ask(check->view->resolver, domain, DNS_SOA);

    if (answer != NULL && answer->status == DNS_NO_NAME) {
        check_say(check, FINDING_ERROR, "domain-absent", domain, NULL,
            TEXT("the DNS does not know the domain"),
            TEXT("register it, or see to its delegation"));
        return true;
    }
    if (answer != NULL && answer->status == DNS_TEMPORARY && !has_server(check)) {
        check_say(check, FINDING_UNKNOWN, "no-answer", domain, NULL,
            TEXT("neither the zone's name servers nor the resolver answer"),
            TEXT("see to this machine's resolver (--resolver), or try again later"));
        return true;
    }
    return false;
}

bool zone_check_run(
    const struct zone_check *zone_check, struct arena *arena, struct findings *findings)
{
    struct check check = {.request = zone_check->request,
        .records = zone_check->records,
        .view = zone_check->view,
        .arena = arena,
        .findings = findings,
        .now = zone_check->now,
        .mail_life_s = zone_check->mail_life_s};

    if (!is_hopeless(&check))
        for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
            judges[i](&check);
    if (check.is_waiting)
        array_clear(&findings->list);
    return !check.is_waiting;
}
