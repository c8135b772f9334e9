/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/zone-check.h"

#include "mailctl/dns/judge.h"

static judge_fn *const judges[] = {judge_zone, judge_mx, judge_spf, judge_dkim, judge_dmarc,
    judge_tls_reports, judge_mta_sts, judge_tlsa, judge_names};

/* A domain that is not there has nothing to be judged. */
static bool is_absent(struct check *check)
{
    const struct dns_answer *answer =
        answers_ask(check->view->resolver, check->request->domain, DNS_SOA);

    if (answer == NULL || answer->status != DNS_NO_NAME)
        return false;
    check_say(check, FINDING_ERROR, "domain-absent", check->request->domain, NULL,
        TEXT("the DNS does not know the domain"), TEXT("register it, or see to its delegation"));
    return true;
}

bool zone_check_run(
    const struct zone_check *zone_check, struct arena *arena, struct findings *findings)
{
    struct check check = {.request = zone_check->request,
        .records = zone_check->records,
        .view = zone_check->view,
        .arena = arena,
        .findings = findings,
        .now = zone_check->now};

    if (!is_absent(&check))
        for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
            judges[i](&check);
    if (check.is_waiting)
        array_clear(&findings->list);
    return !check.is_waiting;
}
